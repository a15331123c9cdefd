"""The names under which the registry keeps what is known of a model, and the records it keeps there.

Every registered version is one model: its bytes and the signature beside them. Every version of the registered model
with RELEASES behind its name is one release: a promotion or a rollback, never changed after it was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..schema import Signature, sha256

# The alias of the version that is live; MLflow lets one version have it.
CHAMPION = "champion"
# Tags of a registered version: the hash of its bytes, its semantic version, and the gate's verdict on these bytes.
SHA256 = "sha256"
VERSION = "version"
GATE = "gate"
# The image in which it was deployed, by its digest.
IMAGE = "image"
# The hash of the signature beside the bytes, and of the table they were trained on.
SIGNATURE = "signature"
TRAINED_ON = "trained_on"
# Tags of a run that trained a model: the hashes by which the registry, and DVC, know what it made.
MODEL_SHA256, MODEL_MD5 = "model.sha256", "model.md5"
# What the log of releases is called: the model's name with this behind it.
RELEASES = "-releases"
# Files of a version: of its model, and of the run that trained it.
MODEL_FILE, SIGNATURE_FILE = "artifacts/model.onnx", "artifacts/signature.json"
GOLDEN_FILE = "golden/golden.json"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate said of a model's bytes, as the tag `gate` keeps it.

    `champion` is the SHA-256 of the champion it met, or None if there was none. `compared` is false only where
    params.yaml chose to compare with nobody. `failed` names the rules it broke.
    """

    sha256: str
    passed: bool
    champion: str | None = None
    compared: bool = True
    failed: tuple[str, ...] = ()


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One registered version. `number` is MLflow's, `version` the semantic one; `created` in milliseconds of 1970.

    What somebody registered by hand has no tags, and so neither hash nor semantic version. `aliases` are filled in
    where they were asked for.
    """

    number: int
    version: str = ""
    sha256: str = ""
    signature: str = ""
    trained_on: str = ""
    gate: str = ""
    image: str = ""
    run_id: str = ""
    created: int = 0
    aliases: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """What people call it: the semantic version, or MLflow's number if it has none."""
        return self.version or str(self.number)

    @property
    def verdict(self) -> Verdict | None:
        """What the gate said of it, or None if it said nothing that can be read."""
        try:
            return msgspec.json.decode(self.gate, type=Verdict) if self.gate else None
        except msgspec.DecodeError:
            return None


def verdict_of(gate: Mapping[str, Any], *, compare: bool) -> Verdict:
    """Return what the tag keeps of metrics/gate.json; `compare` is whether params.yaml asks for a comparison."""
    champion = gate["champion"]["sha256"] if gate["champion"] else None
    failed = tuple(rule["rule"] for rule in gate["rules"] if not rule["passed"])
    return Verdict(sha256=gate["sha256"], passed=gate["passed"], champion=champion, compared=compare, failed=failed)


def hash_of(signature: Signature) -> str:
    """Return the SHA-256 of what a signature says, however it is laid out: 1 and 1.0 are one number."""
    said = msgspec.json.decode(msgspec.json.encode(signature), type=Signature)
    return sha256(msgspec.json.encode(said))


def registered_as(known: Sequence[Version], signature: Signature) -> Version | None:
    """Return the version that a model is registered as, given all versions from the oldest on; None if it is none.

    A model is its bytes and the signature beside them. A version whose semantic version an older one has is what a
    killed registration left behind, and nobody's.
    """
    wanted, taken = (signature.sha256, hash_of(signature)), {""}
    for version in known:
        if (version.sha256, version.signature) == wanted and version.version not in taken:
            return version
        taken.add(version.version)
    return None
