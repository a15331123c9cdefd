"""What a person's own model is held to: the section `evaluation` of params.yaml, and how many rows that takes."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.params import PRIMARY
from ...core.sections import Gate
from ...core.values import moments
from .lines import line, word
from .looking import Findings, Look

# Below this many rows the last part would be too small to measure anything on.
SMALL_TABLE = 1000
FEW_LEVELS = 10
# The held-out part has about a fifth of them, and of fewer a bootstrap of whole days says nothing.
FEWEST_DAYS = 100
# A slice of fewer rows is measured, but nobody is held to it.
FEWEST_IN_SLICE = 100


def shares(found: Findings) -> tuple[float, float]:
    """Return the shares of holdout and live; of few rows, more are held out to measure on."""
    return (0.25, 0.15) if found.rows < SMALL_TABLE else (0.2, 0.2)


def evaluation_lines(found: Findings, look: Look) -> Iterable[str]:
    """Yield the lines of `evaluation`."""
    kinds = {name: guess.feature.kind for name, guess in found.features.items() if guess.feature}
    few = [name for name, kind in kinds.items() if kind == "category" and look.raw[name].nunique() <= FEW_LEVELS]
    yield line("primary", PRIMARY[found.task])
    if found.task == "regression":
        yield line("baseline_group", word(few[0]) if few else "null", "the mean of this group is what is to be beaten")
    yield line("slices", f"[{', '.join(word(name) for name in few[:2])}]")
    yield line("smallest_slice", f"{smallest_slice(found)}")
    bound = f"{PRIMARY[found.task]}: " + ("{max: 10}" if found.task == "regression" else "{min: 0.8}")
    yield line("thresholds", "null", f"the first evaluation says what can be asked, such as {bound}")
    yield "  gate:"
    yield from (f"  {text}" for text in gate_lines(found, look))


def smallest_slice(found: Findings) -> int:
    """Return how many rows a slice must have to be measured: about a tenth of those that are held out."""
    return max(10, min(200, round(found.rows * shares(found)[0] / 10)))


def gate_lines(found: Findings, look: Look) -> Iterable[str]:
    """Yield the lines of `evaluation.gate`: what is taken where nothing is said, to be seen and changed."""
    gate = Gate()
    yield line("largest_regression", f"{gate.largest_regression:g}", "how much worse than the champion, as a share")
    yield line("confidence", f"{gate.confidence:g}")
    if smallest_slice(found) < FEWEST_IN_SLICE:
        yield line("largest_slice_loss", "null", f"slices of {smallest_slice(found)} rows differ by chance alone")
    else:
        yield line("largest_slice_loss", f"{gate.largest_slice_loss:g}", "the same in any slice")
    days = days_of(found, look)
    together = "day" if days >= FEWEST_DAYS else "null"
    yield line("together", together, why_together(found, days))
    yield line("latency_ms", f"{gate.latency_ms:g}", "the median answer to one row")
    yield line("most_skill", f"{gate.most_skill:g}", "of the way to perfection; beyond it, the target has leaked in")


def days_of(found: Findings, look: Look) -> int:
    """Return on how many days the rows of a table happened; none where they have no time."""
    return moments(look.raw[found.time.column]).dt.floor("D").nunique() if found.time.column else 0


def why_together(found: Findings, days: int) -> str:
    """Say why rows of one day are drawn together by the bootstrap, or why they aren't."""
    if days >= FEWEST_DAYS:
        return "rows of one day are alike, so the bootstrap draws whole days; or a column, or null"
    few = f"{days} {'day is' if days == 1 else 'days are'} too few to draw" if found.time.column else "there is no time"
    return f"{few}; or a column whose rows are alike, such as a customer's"
