"""The run a card is about: what a person wrote, what the model is, and what was measured of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..evidence import Evidence
from ..lineage import Lineage
from ..prose.markdown import code, listed, note
from ..schema import Signature
from ..sections import Card, Data


class CardError(ValueError):
    """A card can't be written of this run; the message names the file that belongs to another model."""


class Run(NamedTuple):
    """Everything a card is made of: two sections of params.yaml, and the records that stages left behind.

    `evaluation` is metrics/evaluation.json and `gate` metrics/gate.json; without a gate it is None.
    """

    card: Card
    data: Data
    signature: Signature
    lineage: Lineage
    evaluation: Mapping[str, Any]
    gate: Mapping[str, Any] | None
    evidence: Evidence

    @property
    def primary(self) -> str:
        """The metric that decides."""
        return self.evaluation["primary"]

    @property
    def confidence(self) -> str:
        """What the intervals are called: with their confidence, where it is known."""
        found = self.evaluation.get("confidence") or ((self.gate or {}).get("difference") or {}).get("confidence")
        return f"{found * 100:.4g} % interval" if found else "interval"


def require_one_model(run: Run) -> None:
    """Raise CardError unless all that was measured was measured on the very bytes that the signature names."""
    hashes = {"metrics/evaluation.json": run.evaluation["sha256"], "reports/evidence.json": run.evidence.sha256}
    hashes |= {"metrics/gate.json": run.gate["sha256"]} if run.gate else {}
    for file, found in hashes.items():
        if found != run.signature.sha256:
            raise CardError(
                f"{file} is about the model {found[:12]}…, and models/model.onnx is {run.signature.sha256[:12]}…: "
                "run `make pipeline` to measure this one."
            )


def unwritten(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what only a person can say and nobody has: in words, and the key in params.yaml."""
    words = {
        "intended_use": "what it is for, and what it is not for",
        "limits": "where it ends",
        "licence": "under which licence it may be used",
        "contact": "whom to ask about it",
    }
    for key, what in words.items():
        if not "".join(getattr(run.card, key)).strip():
            yield what, f"card.{key}"
    if silent := [name for name, feature in run.signature.features.items() if not feature.about.strip()]:
        yield f"what {listed(silent)} {'means' if len(silent) == 1 else 'mean'}", "features"


def missing(run: Run, key: str) -> str:
    """Return a remark that names what nobody has written under this key, and nothing if somebody has."""
    found = {place: what for what, place in unwritten(run)}
    return (
        note("Missing", f"Nobody has written down yet {found[key]}: {code(key)} in params.yaml.")
        if key in found
        else ""
    )
