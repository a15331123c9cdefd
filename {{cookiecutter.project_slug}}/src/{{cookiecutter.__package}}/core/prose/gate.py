"""The gate's verdict as a report: which model is better, by how much, and every rule."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..comparison import SliceGain
from ..gating.verdict import Difference, Verdict
from .markdown import text
from .words import Prose

MARKS = {True: "✓", False: "✗"}


def report(verdict: Verdict) -> Prose:
    """Return the whole report in Markdown."""
    word = "passed" if verdict.passed else "refused"
    lines = [f"# Gate: {word}", "", said(verdict), "", "| | Rule | |", "|---|---|---|"]
    lines += [f"| {MARKS[rule.passed]} | {text(rule.rule)} | {text(rule.says)} |" for rule in verdict.rules]
    lines += ["", *slice_lines(verdict)] if verdict.slices else []
    lines += ["", *(f"- {note}" for note in verdict.notes)] if verdict.notes else []
    return Prose("\n".join([*lines, "", identities(verdict), ""]))


def said(verdict: Verdict) -> str:
    """Return in a sentence which model is better, and by how much."""
    if verdict.difference is not None:
        return better(verdict.difference)
    if verdict.compared:
        return "The challenger is the champion: the same bytes."
    if verdict.champion is not None:
        return f"It could not be compared with champion {verdict.champion.version}."
    return "It was compared with no champion."


def better(found: Difference) -> str:
    """Return which of two models is better in the metric, with the interval of the gain."""
    numbers = f"`{found.metric}` {found.challenger:.4f} against {found.champion:.4f}"
    sure = f"with {found.confidence:.0%} confidence between {found.low:+.4f} and {found.high:+.4f}"
    if math.isnan(found.low):
        return f"{numbers}: these rows are too few to tell which is better."
    if found.low > 0:
        return f"**The challenger is better by {found.gain:.4f}**: {numbers}, a gain {sure}."
    if found.high < 0:
        return f"**The champion is better by {-found.gain:.4f}**: {numbers}, a gain of the challenger {sure}."
    ahead = "challenger" if found.gain > 0 else "champion"
    return f"**The {ahead} is ahead by {abs(found.gain):.4f}, which may be chance**: {numbers}, a gain {sure}."


def slice_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the table of slices, the greatest loss first."""
    yield "| Slice | rows | challenger | champion | gain | interval |"
    yield "|---|---:|---:|---:|---:|---|"
    for found in sorted(verdict.slices, key=lambda found: found.gain):
        scores = f"{found.challenger:.4f} | {found.champion:.4f} | {found.gain:+.4f}"
        yield f"| {named(found)} | {found.rows:,} | {scores} | {reach(found)} |"


def named(found: SliceGain) -> str:
    """Return what a slice is called."""
    return text(f"{found.column} {found.value}")


def reach(found: SliceGain) -> str:
    """Return the interval of a slice's gain."""
    return "too few rows" if math.isnan(found.low) else f"{found.low:+.4f} to {found.high:+.4f}"


def identities(verdict: Verdict) -> str:
    """Return which bytes were judged, and against which."""
    met = f"; champion {verdict.champion.version}, `{verdict.champion.sha256}`" if verdict.champion else ""
    return f"Challenger `{verdict.sha256}`{met}."
