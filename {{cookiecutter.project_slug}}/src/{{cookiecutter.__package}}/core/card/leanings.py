"""The part of the card about reasons: what the model leans on, and how its answer moves."""

from __future__ import annotations

from collections.abc import Sequence

from ..evidence import Dependence
from ..prose.markdown import NONE, code, count, listed, number, picture, points, score, table, text
from .run import Run

MOST_LEANINGS = 12
BAND = (
    ", and the band holds the middle 80 % of the rows' own curves, moved to one level: where it is wide, the feature "
    "works differently from row to row"
)


def importance(run: Run) -> list[str]:
    """Return what the metric loses when a feature is shuffled, and say which features carry nothing."""
    leans = run.evidence.explanations.importance
    carrying = {name: one for name, one in leans.items() if one.loss > one.spread}
    rows = [(code(name), score(one.loss), f"{one.spread:.2g}") for name, one in list(carrying.items())[:MOST_LEANINGS]]
    idle = [name for name in leans if name not in carrying]
    said = f"{listed(idle, 20)} cost{'s' if len(idle) == 1 else ''} no more than the shuffling itself moves."
    return [
        "## What it leans on",
        f"Each feature is shuffled among the held-out rows, and {code(run.primary)} loses:",
        picture("importance"),
        *([table(("feature", "loss", "±"), rows, "-nn")] if rows else []),
        points(
            [
                "± is the deviation from shuffle to shuffle; other rows would move it more.",
                *([said] if idle else []),
                *apart(run),
            ]
        ),
    ]


def apart(run: Run) -> list[str]:
    """Name the features that can't be told apart, as they move together."""
    return [
        f"{code(pair.first)} and {code(pair.second)} move together (rank correlation {number(pair.correlation)}): each "
        "stands in for the other, so that both look lighter than they are."
        for pair in run.evidence.explanations.together
    ]


def dependence(run: Run) -> list[str]:
    """Return where the mean answer is lowest and highest, for each of the most telling features."""
    found = run.evidence.explanations.dependence
    if not found:
        return []
    several = any(len(curve.mean) > 1 for curve in found.values())
    head = ("feature", *(("class",) if several else ()), "lowest", "at", "highest", "at", "where missing")
    rows = [
        (code(name), *((text(outcome),) if several else ()), *extremes(curve, line))
        for name, curve in found.items()
        for outcome, line in curve.mean.items()
    ]
    what = "the mean answer" if run.signature.task == "regression" else "the mean probability"
    return [
        "### How the answer moves",
        f"If all held-out rows had the same value of one feature and kept the rest, {what} would be:",
        picture("dependence"),
        table(head, rows, "--n-n-n" if several else "-n-n-n"),
        points(
            [
                f"Of {count(len(run.signature.features), 'feature')}, these are the {len(found)} it leans on most.",
                f"In the pictures, grey marks show where the rows are{'' if several else BAND}.",
                "It is what the model says, not what would happen: to change a value is not to change the world.",
                "Where features move together, the curves pass through rows that nobody has ever seen.",
            ]
        ),
    ]


def extremes(curve: Dependence, line: Sequence[float]) -> tuple[str, ...]:
    """Return the lowest and the highest mean answer with their places, and that for missing values."""
    known = [(answer, value) for answer, value in zip(line, curve.grid, strict=True) if value is not None]
    absent = [answer for answer, value in zip(line, curve.grid, strict=True) if value is None]
    if not known:
        return (NONE, NONE, NONE, NONE, score(absent[0] if absent else None))
    ends = [min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])]
    cells = [cell for answer, value in ends for cell in (score(answer), said(value))]
    return (*cells, score(absent[0]) if absent else NONE)


def said(value: float | bool | str) -> str:
    """Return a value of a feature as it is written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, str) else number(value)
