"""Challenger against champion as a picture: the gain over all rows and in each slice, with its interval."""

from __future__ import annotations

from itertools import cycle

from matplotlib.figure import Figure

from ..gating.verdict import Verdict
from .canvas import BLUE, GREY, ORANGE, PALETTE, canvas, labelled

TITLE = "Is the challenger better than the champion?"


def gains(verdict: Verdict) -> Figure:
    """Draw what the challenger gains, or say in words why there is nothing to draw."""
    found = verdict.difference
    if found is None:
        figure, ax = canvas(TITLE, height=1.0)
        ax.text(0, 0.5, reason(verdict), fontsize=9, va="center", wrap=True)
        ax.set_axis_off()
        return figure
    slices = sorted(verdict.slices, key=lambda each: (each.column, each.gain))
    figure, ax = canvas(TITLE, height=1.3 + 0.24 * (len(slices) + 1))
    colors = dict(zip(dict.fromkeys(each.column for each in slices), cycle(PALETTE[2:]), strict=False))
    ax.axvline(0, color=GREY, linewidth=1, linestyle="--")
    for place, each in enumerate(slices):
        ax.plot([each.low, each.high], [place, place], color=colors[each.column], linewidth=1.5, alpha=0.7)
        ax.plot(each.gain, place, marker="o", markersize=5, color=colors[each.column])
    top = len(slices) + 0.5
    ax.plot([found.low, found.high], [top, top], color=BLUE if found.low > 0 else ORANGE if found.high < 0 else GREY)
    ax.plot(found.gain, top, marker="D", markersize=8, color=BLUE if found.gain > 0 else ORANGE)
    ax.set_yticks([*range(len(slices)), top], [*(f"{each.column} {each.value}" for each in slices), "all rows"])
    labelled(ax, f"gain in {found.metric}, {found.confidence:.0%} interval (right of the dashed line: better)", "")
    return figure


def reason(verdict: Verdict) -> str:
    """Return why there is no difference to draw."""
    faults = [rule.says for rule in verdict.rules if rule.rule in ("champion", "rows", "finite") and not rule.passed]
    if faults:
        return faults[0]
    if verdict.compared:
        return "The challenger is the champion: the same bytes."
    return "There is no champion to compare with."
