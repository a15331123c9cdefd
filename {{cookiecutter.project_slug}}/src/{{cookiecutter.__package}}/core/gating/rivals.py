"""The champion, as a challenger's evaluation meets it: its answers to the same rows, or why there are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import pandas as pd

from ..metrics import Floats
from ..schema import Signature


class Champion(Protocol):
    """What is fetched from the registry. Without a `model` the `fault` says why it can't be read."""

    @property
    def version(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    @property
    def fault(self) -> str: ...

    @property
    def model(self) -> Any: ...


class Rival(NamedTuple):
    """A champion's answers. Either it has an outcome, or `fault` says in a sentence why it can't be compared with.

    `changes` names what else is different between the two models' requests.
    """

    version: str
    sha256: str
    outcome: Floats | None = None
    fault: str = ""
    changes: tuple[str, ...] = ()


def rival_of(champion: Champion | None, signature: Signature, table: pd.DataFrame) -> Rival | None:
    """Return the champion's answers to the rows of a table, for a challenger with this signature."""
    if champion is None:
        return None
    known = {"version": champion.version, "sha256": champion.sha256}
    if champion.model is None:
        return Rival(**known, fault=champion.fault)
    theirs: Signature = champion.model.signature
    if fault := incomparable(theirs, signature, table):
        return Rival(**known, fault=fault)
    ask: Callable[[Mapping[str, Any]], Floats] = champion.model.outcome
    try:
        return Rival(**known, outcome=ask(table), changes=changes(theirs, signature))
    except Exception as error:
        # Whatever keeps it from answering, ONNX Runtime's own errors too, is a reason to stop, and no reason to fail.
        return Rival(**known, fault=f"It can't answer these rows ({type(error).__name__}).")


def incomparable(theirs: Signature, ours: Signature, table: pd.DataFrame) -> str:
    """Return why two models can't be held against each other, or nothing."""
    if (theirs.task, theirs.target) != (ours.task, ours.target):
        return f"It answers another question: {theirs.task} {theirs.target!r}, not {ours.task} {ours.target!r}."
    if theirs.classes != ours.classes:
        return f"It knows the classes {', '.join(theirs.classes)}, not {', '.join(ours.classes)}."
    both = [name for name in theirs.features if name in ours.features]
    turned = [name for name in both if theirs.features[name].kind != ours.features[name].kind]
    if turned:
        name, kinds = turned[0], (theirs.features[turned[0]].kind, ours.features[turned[0]].kind)
        return f"It takes {name!r} as a {kinds[0]}, and the table holds a {kinds[1]}."
    lacking = [name for name in theirs.features if name not in table]
    return f"It needs {', '.join(map(repr, lacking))}, which the held-out table no longer has." if lacking else ""


def changes(theirs: Signature, ours: Signature) -> tuple[str, ...]:
    """Return what a challenger's features change, a sentence for each kind of change."""
    both = [name for name in ours.features if name in theirs.features]
    named = {
        "new": [name for name in ours.features if name not in theirs.features],
        "gone": [name for name in theirs.features if name not in ours.features],
        "changed": [name for name in both if ours.features[name] != theirs.features[name]],
    }
    return tuple(f"Features that are {kind}: {', '.join(names)}." for kind, names in named.items() if names)
