"""Pictures of a model: its errors, its promises, its slices. Each takes values and returns a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..schema import Schema
from .canvas import BLUE, GREY, ORANGE, PALETTE, bars, canvas, labelled


def performance(truth: NDArray[Any], outcome: NDArray[np.float64], schema: Schema) -> Figure:
    """Draw the ROC curve of two classes, what is taken for what of several, or where the errors of numbers lie."""
    if schema.task == "multiclass":
        return confusion(truth, outcome, schema.classes)
    return roc(truth, outcome) if schema.task == "binary" else residuals(truth, outcome)


def confusion(truth: NDArray[Any], outcome: NDArray[np.float64], classes: Sequence[str]) -> Figure:
    """Draw which share of each true class (rows) is taken for which (columns)."""
    counts = np.zeros((len(classes), len(classes)))
    np.add.at(counts, (truth.astype(int), outcome.argmax(axis=1)), 1)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    side = min(9.0, 2.2 + 0.5 * len(classes))
    figure, ax = canvas("What is taken for what", width=side + 1.2, height=side)
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [name[:18] for name in classes]
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right")
    ax.set_yticks(range(len(names)), names)
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.01:
            color = "white" if share > 0.5 else "black"
            ax.text(column, row, f"{share:.0%}", ha="center", va="center", fontsize=8, color=color)
    figure.colorbar(image, ax=ax, label="share of the true class", shrink=0.8)
    return labelled(ax, "predicted", "true").figure


def roc(truth: NDArray[Any], outcome: NDArray[np.float64]) -> Figure:
    """Draw the receiver operating characteristic, with the area under it."""
    # Here, because 05_package draws without scikit-learn.
    from sklearn.metrics import roc_auc_score, roc_curve

    false, true, _ = roc_curve(truth, outcome)
    area = roc_auc_score(truth, outcome)
    figure, ax = canvas(f"Who is found, at what price: ROC AUC {area:.3f}", width=4.6, height=4.2)
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    ax.fill_between(false, true, false, color=BLUE, alpha=0.12, linewidth=0)
    ax.plot(false, true, color=BLUE, linewidth=2)
    labelled(ax, "false alarms, share of the negative class", "found, share of the positive class").set_aspect("equal")
    return figure


def residuals(truth: NDArray[Any], outcome: NDArray[np.float64]) -> Figure:
    """Draw the distribution of the errors, and how they grow with what was predicted."""
    errors = np.asarray(truth, dtype=float) - outcome
    low, high = np.quantile(errors, [0.005, 0.995])
    figure, (left, right) = canvas("What is left over: truth minus prediction", width=9.0, columns=2)
    left.hist(errors.clip(low, high), bins=bars(len(errors)), color=BLUE, linewidth=0)
    left.axvline(0, color=ORANGE, linewidth=1)
    labelled(left, "error (the outer 1 % gathered at the ends)", "rows")
    bins = np.clip(np.searchsorted(np.quantile(outcome, np.linspace(0, 1, 21)[1:-1]), outcome), 0, 19)
    spread = pd.DataFrame({"outcome": outcome, "errors": errors}).groupby(bins)
    middle = spread.outcome.mean()
    for share, alpha in ((0.8, 0.15), (0.5, 0.3)):
        inner = [spread.errors.quantile(0.5 + side * share / 2) for side in (-1, 1)]
        right.fill_between(middle, *inner, color=BLUE, alpha=alpha, linewidth=0, label=f"{share:.0%} of the rows")
    right.plot(middle, spread.errors.median(), color=BLUE, linewidth=2, label="median")
    right.axhline(0, color=ORANGE, linewidth=1)
    right.legend(frameon=False, fontsize=8)
    labelled(right, "prediction", "error")
    return figure


def reliability(table: pd.DataFrame) -> Figure:
    """Draw what was promised against what was observed; the table is that of `evaluation.calibration`."""
    reach = [float(table[["promised", "observed"]].min().min()), float(table[["promised", "observed"]].max().max())]
    figure, ax = canvas("Does it keep its promises?", width=4.6, height=4.2)
    ax.plot(reach, reach, color=GREY, linewidth=1, linestyle="--")
    ax.plot(table.promised, table.observed, color=BLUE, linewidth=2, marker="o", markersize=5)
    labelled(ax, "predicted, mean of the bin", "observed, mean of the bin")
    return figure


def slices(table: pd.DataFrame, score: str, overall: float) -> Figure:
    """Draw the score of each slice against that of all rows; the dot's size is its number of rows."""
    if table.empty:
        figure, ax = canvas("Is it as good for everyone?", height=1.0)
        ax.text(0, 0.5, "No slice in params.yaml has rows enough to judge.", fontsize=9, va="center")
        ax.set_axis_off()
        return figure
    ordered = table.sort_values(["column", score], ascending=[False, True]).reset_index(drop=True)
    figure, ax = canvas("Is it as good for everyone?", height=0.9 + 0.24 * len(ordered))
    colors = dict(zip(dict.fromkeys(ordered.column), cycle(PALETTE), strict=False))
    ax.axvline(overall, color=GREY, linewidth=1, linestyle="--")
    ax.scatter(
        ordered[score],
        ordered.index,
        s=20 + 200 * ordered.rows / ordered.rows.max(),
        c=ordered.column.map(colors),
        linewidths=0,
    )
    ax.set_yticks(ordered.index, ordered.column + " " + ordered.value.astype(str))
    labelled(ax, f"{score} (dashed: all rows)", "")
    return figure


def answers(sources: Mapping[str, NDArray[Any]]) -> Figure:
    """Draw the answers of two sources to the same rows on top of each other."""
    figure, ax = canvas("The same rows, asked twice", height=2.8)
    rings = {"marker": "o", "markersize": 9, "alpha": 0.35, "color": BLUE}
    crosses = {"marker": "x", "markersize": 5, "color": ORANGE}
    for (name, values), style in zip(sources.items(), (rings, crosses), strict=True):
        ax.plot(range(len(values)), values, linestyle="none", label=name, **style)
    ax.legend(frameon=False, fontsize=9)
    labelled(ax, "row", "answer")
    return figure
