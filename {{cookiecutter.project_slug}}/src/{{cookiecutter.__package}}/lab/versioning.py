"""Which version a new model gets: that of the model before it, raised by what changed since."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
from mlflow import MlflowClient

from ..core.lineage import load_lineage
from ..core.registry import catalogue, entries
from ..core.registry.entries import Version
from ..core.registry.errors import StoreError
from ..core.registry.versions import change_between, next_version
from ..core.schema import Signature

# Names a folder with the champion's files, where no registry outlives the job: see `lab champion`.
GIVEN = "LIVE_CHAMPION"


class Made(NamedTuple):
    """What a version is derived from: a model's signature, and the hash of the table that it learned from."""

    signature: Signature
    table: str


class Base(NamedTuple):
    """The model that a new one is compared with; `made` is None where that can't be read."""

    version: str
    made: Made | None


def derived(made: Made, name: str, root: Path, environ: Mapping[str, str], known: list[Version]) -> str:
    """Return the version of a new model: by what changed since the champion, or the newest where there is none.

    A base that can't be read is taken for an incompatible one: nobody can say that it isn't.
    """
    base, taken = given(root, environ) or registered(name, known), [version.version for version in known]
    if base is None or base.made is None:
        return next_version("major", base.version if base else "", taken)
    if made.signature == base.made.signature and base.version not in taken:
        # It is that model, which isn't registered here.
        return base.version
    same_data = base.made.table == made.table != ""
    change = change_between(base.made.signature, made.signature, same_data=same_data)
    return next_version(change, base.version, taken)


def given(root: Path, environ: Mapping[str, str]) -> Base | None:
    """Return the champion in the folder that LIVE_CHAMPION names; None without one, or where its files aren't there."""
    named = environ.get(GIVEN)
    if not named:
        return None
    try:
        lineage = load_lineage(root / named / "lineage.json")
        content = (root / named / "signature.json").read_bytes()
        signature = msgspec.json.decode(content, type=Signature)
    except (OSError, msgspec.DecodeError):
        return None
    return Base(lineage.version, Made(signature, trained_on(lineage.inputs)))


def registered(name: str, known: list[Version]) -> Base | None:
    """Return the champion of the registry, or the newest version that has a name where there is none."""
    client = MlflowClient()
    champion = catalogue.champion_number(client, name)
    bases = [version for version in known if version.number == champion] or [v for v in known if v.version]
    if not bases:
        return None
    version, table = bases[-1].version, bases[-1].trained_on
    try:
        kept = catalogue.model_file(client, name, bases[-1].number, entries.SIGNATURE_FILE)
        return Base(version, Made(msgspec.json.decode(kept, type=Signature), table))
    except (StoreError, msgspec.DecodeError):
        return Base(version, None)


def trained_on(inputs: Mapping[str, str]) -> str:
    """Return the hash of the table that a model was trained on, among those of its inputs; nothing without one."""
    return next((digest for path, digest in inputs.items() if Path(path).stem == "train"), "")
