"""Pictures of what a model leans on and how its answer moves. Each takes what `core.evidence` keeps of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..evidence import Dependence, Leaning
from ..schema import Schema, Signature
from .canvas import BLUE, GREY, ORANGE, PALETTE, canvas, labelled

MOST_BARS = 25
LONGEST = 14
STRIP = 0.14
LEGEND = "grey: where the rows are"
BAND = "band: the middle 80 % of the rows' own curves"


def importances(leans: Mapping[str, Leaning], score: str, width: float = 8.0) -> Figure:
    """Draw what the score loses when each feature is shuffled, with the deviation of the repeats, largest on top."""
    shown = list(leans.items())[:MOST_BARS][::-1]
    figure, ax = canvas("What the model leans on", width=width, height=0.8 + 0.24 * len(shown))
    names, losses, spreads = [n for n, _ in shown], [e.loss for _, e in shown], [e.spread for _, e in shown]
    ax.barh(range(len(shown)), losses, xerr=spreads, color=BLUE, error_kw={"ecolor": ORANGE, "linewidth": 1.5})
    ax.set_yticks(range(len(shown)), [cut(name, 24) for name in names])
    ax.axvline(0, color=GREY, linewidth=1)
    labelled(ax, f"loss of {score} when the feature is shuffled", "")
    return figure


def dependences(found: Mapping[str, Dependence], known: Schema | Signature) -> Figure:
    """Draw how the answer moves with each feature, all on one scale, with the rows' values along the bottom."""
    columns = min(3, len(found))
    height = 0.5 + 2.6 * -(-len(found) // columns)
    figure, axes = canvas("How the answer moves", width=9.0, height=height, columns=columns, count=len(found))
    for place, (ax, (name, curve)) in enumerate(zip(np.atleast_1d(axes), found.items(), strict=True)):
        draw(ax, curve, reach(found.values()))
        ax.set_title(cut(name, 40), fontsize=9, loc="left")
        labelled(ax, "", answer_label(known) if place % columns == 0 else "")
    lines = list(next(iter(found.values())).mean)
    if len(lines) > 1:
        legend(figure, lines).set_title(LEGEND, prop={"size": 8})
    else:
        figure.supxlabel(f"{LEGEND}; {BAND}", fontsize=8, color=GREY)
    return figure


def dependence(name: str, found: Mapping[str, Dependence], known: Schema | Signature) -> Figure:
    """Draw one of the panels of `dependences` by itself, on the scale that all of them share."""
    figure, ax = canvas(cut(name, 40), width=4.4, height=3.2)
    draw(ax, found[name], reach(found.values()))
    labelled(ax, "", answer_label(known))
    lines = list(found[name].mean)
    if len(lines) > 1:
        legend(figure, lines)
    return figure


def legend(figure: Figure, lines: Sequence[str]) -> Legend:
    """Name the lines below the panels."""
    handles = [line for line in figure.axes[0].lines if line.get_label() in lines]
    style = {"loc": "outside lower center", "ncols": 3, "frameon": False, "fontsize": 8}
    return figure.legend(handles, [cut(line, 20) for line in lines], **style)


def answer_label(known: Schema | Signature) -> str:
    """Return what the answer is called: a probability, or the target."""
    if known.task == "multiclass":
        return "probability"
    return f"probability of {cut(known.classes[-1], 20)}" if known.classes else cut(known.target, 24)


def reach(found: Any) -> tuple[float, float]:
    """Return the limits of an axis that holds all curves and has room below them for the strip of rows."""
    ends = [(min(low), max(high)) for curve in found for low, high in bands(curve)]
    least, most = min(low for low, _ in ends), max(high for _, high in ends)
    margin = (most - least) * 0.05 or abs(most) * 0.05 or 0.5
    return least - margin - (most - least + 2 * margin) * STRIP, most + margin


def bands(curve: Dependence) -> list[tuple[Sequence[float], Sequence[float]]]:
    """Return what is drawn of each outcome: a band if there is one outcome, else only the lines."""
    if len(curve.mean) > 1:
        return [(line, line) for line in curve.mean.values()]
    return [(curve.low[name], curve.high[name]) for name in curve.mean]


def draw(ax: Axes, curve: Dependence, limits: tuple[float, float]) -> None:
    """Draw the curves of one feature: lines over numbers and dates, dots over levels; the rows along the bottom."""
    is_ordered = curve.kind in ("number", "date")
    places = ordered_places(curve) if is_ordered else np.arange(len(curve.grid), dtype=float)
    for place, (color, (name, mean), ends) in enumerate(zip(PALETTE, curve.mean.items(), bands(curve), strict=False)):
        beside = places if is_ordered else places + 0.16 * (place - (len(curve.mean) - 1) / 2)
        known = len(places) - (curve.grid[-1] is None) if is_ordered else 0
        draw_line(ax, beside[:known], mean[:known], [end[:known] for end in ends], color, name)
        draw_dots(ax, beside[known:], mean[known:], [end[known:] for end in ends], color, "D" if is_ordered else "o")
    ax.vlines(places, 0, STRIP * np.array(curve.shares) / max(curve.shares), GREY, transform=ax.get_xaxis_transform())
    ax.set_ylim(*limits)
    # Below the curves is the strip of rows, which the scale doesn't measure.
    floor = limits[0] + (limits[1] - limits[0]) * STRIP
    ax.set_yticks([tick for tick in ax.get_yticks() if floor <= tick <= limits[1]])
    label_order(ax, curve, places) if is_ordered else label_levels(ax, curve)


def draw_line(ax: Axes, places: Any, mean: Any, ends: Sequence[Any], color: str, name: str) -> None:
    """Draw a curve with its band."""
    ax.plot(places, mean, color=color, label=name, marker="o", markersize=3)
    ax.fill_between(places, *ends, color=color, alpha=0.15, linewidth=0)


def draw_dots(ax: Axes, places: Any, mean: Any, ends: Sequence[Any], color: str, marker: str) -> None:
    """Draw points that nothing connects, each with its band."""
    ax.vlines(places, *ends, color=color, alpha=0.3, linewidth=3)
    filling = "white" if marker == "D" else color
    ax.plot(places, mean, color=color, linestyle="none", marker=marker, markersize=5, markerfacecolor=filling)


def ordered_places(curve: Dependence) -> NDArray[Any]:
    """Return where the points of an ordered feature stand; the one for missing values is beyond the last."""
    known = [value for value in curve.grid if value is not None]
    days = np.array(known, "datetime64[D]").astype(np.int64) if curve.kind == "date" else known
    places = np.array(days, dtype=float)
    beyond = places[-1] + (0.12 * np.ptp(places) or 1.0) if len(places) else 0.0
    return np.append(places, [beyond] * (len(curve.grid) - len(known)))


def label_levels(ax: Axes, curve: Dependence) -> None:
    """Name the levels."""
    texts = {None: "missing", True: "true", False: "false"}
    names = [texts[level] if level in texts else cut(str(level), LONGEST) for level in curve.grid]
    ax.set_xticks(range(len(names)), names, rotation=45 if max(map(len, names)) > 2 else 0, fontsize=8)
    ax.set_xlim(-0.6, len(names) - 0.4)


def label_order(ax: Axes, curve: Dependence, places: NDArray[Any]) -> None:
    """Write dates as dates and whole numbers without a fraction, and say which point stands for missing values."""
    if curve.kind == "date":
        # Matplotlib's own dates end with the year 9999, which is what many tables mean by never.
        known = places[: len(places) - (curve.grid[-1] is None)]
        ticks = np.unique(np.linspace(known[0], known[-1], 4).round()) if len(known) else []
        ax.set_xticks(ticks, [str(np.datetime64(int(day), "D")) for day in ticks], rotation=20, fontsize=8)
    elif all(float(value).is_integer() for value in curve.grid if value is not None):
        ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    if curve.grid[-1] is None:
        style = {"fontsize": 7, "color": GREY, "rotation": 90, "ha": "center", "va": "top"}
        ax.annotate("missing", (places[-1], 1), xycoords=("data", "axes fraction"), **style)


def cut(text: str, longest: int) -> str:
    """Return a name that fits; a dollar sign is no formula."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return short.replace("$", r"\$")
