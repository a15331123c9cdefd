"""The pictures of a card, drawn from the evidence; each says in words what it shows."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import pandas as pd
from matplotlib.figure import Figure

from ..figures import explanations as figures
from ..figures.model import reliability
from ..prose.markdown import score
from .run import Run

Drawings = dict[str, "list[Drawing]"]


class Drawing(NamedTuple):
    """A picture and, for those who can't see it, the same in words; plain text."""

    figure: Figure
    words: str


def drawn(run: Run) -> Drawings:
    """Return the pictures of a run by the names of their places in the text."""
    found = run.evidence.explanations
    table = pd.DataFrame(msgspec.to_builtins(run.evidence.calibration))
    return {
        "calibration": [Drawing(reliability(table), calibration_words(run))],
        "importance": [Drawing(figures.importances(found.importance, run.primary, width=4.6), importance_words(run))],
        "dependence": [
            Drawing(figures.dependence(name, found.dependence, run.signature), dependence_words(run, name))
            for name in found.dependence
        ],
    }


def calibration_words(run: Run) -> str:
    """Say what the picture of the calibration shows."""
    first, last = run.evidence.calibration[0], run.evidence.calibration[-1]
    return (
        f"A line of what was observed over what was promised, beside the diagonal where both are the same: from "
        f"{score(first.promised)} promised and {score(first.observed)} observed to {score(last.promised)} promised "
        f"and {score(last.observed)} observed."
    )


def importance_words(run: Run) -> str:
    """Say what the picture of the importances shows."""
    most = list(run.evidence.explanations.importance.items())[:3]
    named = ", ".join(f"{name} {score(one.loss)}" for name, one in most)
    return f"Bars of what {run.primary} loses when a feature is shuffled, the longest on top: {named}."


def dependence_words(run: Run, name: str) -> str:
    """Say what the picture of one feature's curve shows."""
    curve = run.evidence.explanations.dependence[name]
    ends = ", ".join(f"{outcome} from {score(min(line))} to {score(max(line))}" for outcome, line in curve.mean.items())
    band = "; the band holds the middle 80 % of the rows' own curves" if len(curve.mean) == 1 else ""
    return f"The mean answer over {name}: {ends}{band}; grey marks show where the rows are."
