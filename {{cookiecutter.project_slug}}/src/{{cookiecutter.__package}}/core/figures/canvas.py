"""What all pictures share: colours, sizes and axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito's palette, told apart by colour-blind readers too (jfly.uni-koeln.de/color, 2008).
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8a8a8a"
SEQUENTIAL = "cividis"
LABELS = {"classification": "share in the positive class", "regression": "mean of the target"}


def canvas(title: str, width: float = 8.0, height: float = 3.6, columns: int = 1) -> tuple[Figure, Any]:
    """Return a figure with a title and its axes (one, or an array), without the lines nobody reads."""
    figure = Figure(figsize=(width, height), layout="constrained", dpi=110)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    axes = figure.subplots(1, columns)
    for ax in np.atleast_1d(axes):
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(length=3, labelsize=9)
    return figure, axes


def labelled(ax: Axes, x: str, y: str) -> Axes:
    """Name both axes and return them."""
    ax.set_xlabel(x, fontsize=9)
    ax.set_ylabel(y, fontsize=9)
    return ax
