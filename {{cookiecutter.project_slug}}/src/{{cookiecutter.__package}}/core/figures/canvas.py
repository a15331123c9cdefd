"""What all pictures share: colours, sizes and axes."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito's palette, told apart by colour-blind readers too (jfly.uni-koeln.de/color, 2008).
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8a8a8a"
PALETTE = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442", GREY)
SEQUENTIAL = "cividis"


class Picture(Figure):
    """A figure that notebooks show by themselves: without pyplot, its global state and its backends."""

    def _repr_png_(self) -> bytes:
        """Return the picture as IPython asks for it."""
        content = io.BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()

    def savefig(self, *arguments: Any, **options: Any) -> None:
        """Save the picture; what no installed font can write becomes a box, which is plain enough without a warning."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph|Matplotlib currently does not support")
            super().savefig(*arguments, **options)


def canvas(
    title: str, width: float = 8.0, height: float = 3.6, columns: int = 1, count: int | None = None
) -> tuple[Picture, Any]:
    """Return a figure with a title and its axes, without the lines nobody reads.

    One axes, or an array of `count` in as many rows of `columns` as it takes; sizes are in inches.
    """
    figure = Picture(figsize=(width, height), layout="constrained", dpi=110)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    count = columns if count is None else count
    axes = [figure.add_subplot(-(-count // columns), columns, place + 1) for place in range(count)]
    axes = axes[0] if columns == count == 1 else np.array(axes)
    for ax in np.atleast_1d(axes):
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(length=3, labelsize=9)
    return figure, axes


def labelled(ax: Axes, x: str, y: str) -> Axes:
    """Name both axes and return them."""
    ax.set_xlabel(x, fontsize=9)
    ax.set_ylabel(y, fontsize=9)
    return ax


def bars(rows: int) -> int:
    """Return how many bars show the distribution of so many rows: Rice's rule, 80 at most."""
    return min(80, int(2 * np.cbrt(rows)) + 1)
