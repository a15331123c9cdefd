"""Pictures of a table: its target, what tells it, its parts, its drift. Each takes values and returns a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..profiles import as_seen, commonest, cut_points
from ..schema import Feature, Kind, Schema
from .canvas import BLUE, GREEN, GREY, ORANGE, PALETTE, bars, canvas, labelled

SHOWN = 6
SHOWN_LEVELS = 8
STEPS = 52
PART_COLORS = {"train": GREEN, "holdout": ORANGE, "live": GREY}


def target_label(schema: Schema) -> str:
    """Return what the mean of the target is called: the share of a class, or the mean of a number."""
    return f"share of {schema.classes[-1]}" if schema.task == "binary" else f"mean {schema.target}"


def outcomes(table: pd.DataFrame, schema: Schema) -> dict[str, pd.Series]:
    """Return what is averaged over rows: the number, membership of the last of two classes, or of each of many."""
    target = table[schema.target]
    if schema.task == "multiclass":
        return {name: (target == code).astype(float) for code, name in enumerate(schema.classes)}
    return {target_label(schema): target.astype(float)}


def target(table: pd.DataFrame, schema: Schema) -> Figure:
    """Draw how often each class occurs, or how the number is distributed."""
    values = table[schema.target]
    if schema.classes:
        counts = values.value_counts().reindex(range(len(schema.classes)), fill_value=0)[::-1]
        figure, ax = canvas(f"How often each {schema.target} occurs", height=0.9 + 0.3 * len(counts))
        ax.barh(list(schema.classes)[::-1], counts, color=BLUE)
        for place, count in enumerate(counts):
            ax.annotate(f" {count / len(values):.0%}", (count, place), va="center", fontsize=9)
        labelled(ax, "rows", "")
        return figure
    low, high = values.quantile([0.005, 0.995])
    figure, ax = canvas(f"How {schema.target} is distributed", height=2.8)
    ax.hist(values.clip(low, high), bins=bars(len(values)), color=BLUE, linewidth=0)
    ax.axvline(values.mean(), color=ORANGE, linewidth=1)
    labelled(ax, f"{schema.target} (the outer 1 % gathered at the ends; the line is the mean)", "rows")
    return figure


def telling(table: pd.DataFrame, schema: Schema) -> Figure:
    """Draw the mean target over the bins or levels of the features that tell most about it."""
    ranked = sorted(schema.features, key=lambda name: -told(table, name, schema))[:SHOWN]
    columns = min(3, len(ranked))
    title = "What tells most, taken by itself"
    figure, axes = canvas(title, width=9.0, height=2.5 * -(-len(ranked) // columns), columns=columns, count=len(ranked))
    axes = np.atleast_1d(axes)
    for ax, name in zip(axes, ranked, strict=True):
        draw_told(ax, table, name, schema)
    share_outcome_axis(axes, [schema.features[name].kind for name in ranked])
    labels = list(outcomes(table, schema))
    if len(labels) > 1:
        figure.legend(labels, loc="outside lower center", ncols=min(6, len(labels)), frameon=False, fontsize=8)
    return figure


def share_outcome_axis(axes: NDArray[Any], kinds: list[Kind]) -> None:
    """Give the axes on which the outcome lies the same limits: across for categories, up for all others."""
    reach = [ax.get_xlim() if kind == "category" else ax.get_ylim() for ax, kind in zip(axes, kinds, strict=True)]
    limits = min(low for low, _ in reach), max(high for _, high in reach)
    for ax, kind in zip(axes, kinds, strict=True):
        (ax.set_xlim if kind == "category" else ax.set_ylim)(limits)


def told(table: pd.DataFrame, name: str, schema: Schema) -> float:
    """Return the share of the target's variance that lies between a feature's bins or levels: eta squared, adjusted.

    Kelley, An Unbiased Correlation Ratio Measure, PNAS 21 (1935): it doesn't favour features with many levels.
    """
    bins = binned(table[name], schema.features[name])
    groups = bins.nunique()
    left = [(y - y.groupby(bins).transform("mean")).var() / y.var() for y in outcomes(table, schema).values()]
    return float(1 - np.nanmean(left) * (len(table) - 1) / max(1, len(table) - groups)) if groups > 1 else -1.0


def binned(values: pd.Series, feature: Feature) -> pd.Series:
    """Return for each row the mean of its decile, its level, or what stands for a missing value."""
    seen = as_seen(values, feature.kind).set_axis(values.index)
    if feature.kind == "category":
        kept = commonest(seen)[:SHOWN_LEVELS]
        return seen.where(seen.isin(kept), "others").where(seen.notna(), "missing")
    places = pd.Series(np.searchsorted(cut_points(seen), seen, side="left"), values.index)
    return seen.groupby(places).transform("mean").where(seen.notna())


def draw_told(ax: Axes, table: pd.DataFrame, name: str, schema: Schema) -> None:
    """Draw the mean outcomes over one feature."""
    feature = schema.features[name]
    bins = binned(table[name], feature)
    for (_, outcome), color in zip(outcomes(table, schema).items(), PALETTE, strict=False):
        means = outcome.groupby(bins).mean()
        if feature.kind == "category":
            means = means.sort_values() if schema.task != "multiclass" else means
            ax.plot(means, range(len(means)), "o", color=color)
            ax.set_yticks(range(len(means)), [level[:18] for level in means.index])
        else:
            # A date is drawn as the days it is counted in.
            places = means.index.to_numpy().astype("datetime64[D]") if feature.kind == "date" else means.index
            ax.plot(places, means, color=color, marker="o", markersize=3)
            ax.tick_params(axis="x", rotation=30 if feature.kind == "date" else 0)
    ax.set_title(name[:40], fontsize=9, loc="left")
    unlabelled = target_label(schema) if schema.task != "multiclass" else "share"
    labelled(ax, *((unlabelled, "") if feature.kind == "category" else ("", unlabelled)))


def parts(split: Mapping[str, pd.DataFrame], schema: Schema) -> Figure:
    """Draw the target over time with the parts behind it; without time, its mean in each part."""
    return timeline(split, schema) if schema.time else shares(split, schema)


def timeline(split: Mapping[str, pd.DataFrame], schema: Schema) -> Figure:
    """Draw the mean target in about STEPS steps of time; the parts are shaded from their first to their last row."""
    table = pd.concat(split.values())
    steps = pd.cut(table[schema.time], min(STEPS, table[schema.time].nunique()), labels=False)
    _, ax = canvas("One table, three uses", height=3.2)
    middle = table[schema.time].groupby(steps).min()
    for (name, outcome), color in zip(outcomes(table, schema).items(), PALETTE, strict=False):
        ax.plot(middle, outcome.groupby(steps).mean(), color=color, linewidth=2, drawstyle="steps-post", label=name)
    for place, (name, part) in enumerate(split.items()):
        first, last = part[schema.time].min(), part[schema.time].max()
        ax.axvspan(first, last, color=PART_COLORS[name], alpha=0.13, linewidth=0)
        ax.annotate(
            name,
            (first, 0.07 if place == 1 else 0.97),
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            va="top",
            fontsize=9,
            color=PART_COLORS[name],
            fontweight="bold",
        )
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(ax.xaxis.get_major_locator()))
    if schema.task == "multiclass":
        ax.legend(frameon=False, fontsize=8)
    return labelled(ax, "", "share" if schema.task == "multiclass" else target_label(schema)).figure


def shares(split: Mapping[str, pd.DataFrame], schema: Schema) -> Figure:
    """Draw the share of each class in each part, or where the number's middle half lies."""
    figure, ax = canvas("One table, three uses", height=1.9)
    names = [f"{name}, {len(part)} rows" for name, part in split.items()][::-1]
    values = [part[schema.target] for part in split.values()][::-1]
    if not schema.classes:
        ax.boxplot(values, orientation="horizontal", tick_labels=names, showfliers=False, medianprops={"color": ORANGE})
        return labelled(ax, schema.target, "").figure
    left = np.zeros(len(values))
    for code, (name, color) in enumerate(zip(schema.classes, PALETTE, strict=False)):
        share = np.array([(part == code).mean() for part in values])
        ax.barh(names, share, left=left, color=color, label=name)
        left += share
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    return labelled(ax, "share of the rows", "").figure


def drift_grid(psi: pd.DataFrame) -> Figure:
    """Draw the population stability index of each feature (rows) in each stretch of time or part (columns)."""
    figure, ax = canvas("How far each stretch is from the training data", height=0.6 + 0.26 * len(psi))
    image = ax.imshow(psi, aspect="auto", cmap="magma_r", vmin=0, vmax=1)
    ax.set_xticks(range(psi.shape[1]), psi.columns)
    ax.set_yticks(range(len(psi)), psi.index)
    for (row, column), value in np.ndenumerate(psi.to_numpy()):
        if value >= 0.2:
            ax.text(
                column,
                row,
                f"{value:.1f}",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if value > 0.5 else "black",
            )
    figure.colorbar(image, ax=ax, label="population stability index", extend="max")
    return figure
