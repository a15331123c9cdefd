"""Pictures of tables: the flights, the year, the drift. Each takes values and returns a figure."""

from __future__ import annotations

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..params import Data, Split
from .canvas import BLUE, GREEN, GREY, ORANGE, SEQUENTIAL, canvas, labelled

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def target_label(data: Data) -> str:
    """Return what the mean of the target is called: the share of a class, or the mean of a number."""
    return f"share of {data.classes[-1]}" if data.classes else f"mean {data.target}"


def week_grid(table: pd.DataFrame, target: str, label: str) -> Figure:
    """Draw the mean target for each hour of each weekday; hours with fewer than 20 rows stay empty."""
    cells = table.groupby(["weekday", "hour"])[target].agg(["mean", "size"])
    grid = cells["mean"].where(cells["size"] >= 20).unstack().reindex(range(7))
    figure, ax = canvas("Evenings inherit the delays of the day", height=3.0)
    image = ax.pcolormesh(grid.columns, grid.index, grid.to_numpy(), cmap=SEQUENTIAL, shading="nearest")
    ax.set_xticks(range(0, 24, 3))
    ax.set_yticks(range(7), WEEKDAYS)
    ax.invert_yaxis()
    labelled(ax, "scheduled hour of departure", "")
    figure.colorbar(image, ax=ax, label=label)
    return figure


def destinations(table: pd.DataFrame, airports: pd.DataFrame, target: str, label: str) -> Figure:
    """Draw every destination at its place: the size is its number of flights, the colour its mean target."""
    spots = table.groupby("dest")[target].agg(["mean", "size"]).join(airports.set_index("faa"), how="inner")
    spots = spots[spots.lon.between(-126, -60) & spots.lat.between(17, 50)]
    figure, ax = canvas("Where the flights go", height=4.2)
    dots = ax.scatter(
        spots.lon,
        spots.lat,
        s=4 + spots["size"] / spots["size"].max() * 320,
        c=spots["mean"],
        cmap=SEQUENTIAL,
        alpha=0.85,
        vmin=spots["mean"].quantile(0.05),
        vmax=spots["mean"].quantile(0.95),
        linewidths=0,
    )
    for code, spot in spots.nlargest(8, "size").iterrows():
        ax.annotate(
            str(code),
            (spot.lon, spot.lat),
            fontsize=8,
            ha="center",
            va="bottom",
            xytext=(0, 7),
            textcoords="offset points",
        )
    ax.plot(-73.9, 40.7, marker="*", color=ORANGE, markersize=13)
    labelled(ax, "longitude", "latitude").set_aspect(1.25)
    figure.colorbar(dots, ax=ax, label=label, shrink=0.8)
    return figure


def year(table: pd.DataFrame, time: str, target: str, split: Split, label: str) -> Figure:
    """Draw the weekly mean target, with the periods of the split behind it."""
    weekly = table.set_index(time)[target].resample("7D").mean()
    figure, ax = canvas("One year, three uses", height=3.2)
    ax.plot(weekly.index, weekly, color=BLUE, linewidth=2, drawstyle="steps-post")
    for name, color in {"train": GREEN, "holdout": ORANGE, "live": GREY}.items():
        period = getattr(split, name)
        ax.axvspan(*(pd.Timestamp(day, tz="UTC") for day in period), color=color, alpha=0.13, linewidth=0)
        ax.annotate(
            name,
            (pd.Timestamp(period[0], tz="UTC"), 0.07 if name == "holdout" else 0.97),
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            va="top",
            fontsize=9,
            color=color,
            fontweight="bold",
        )
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%b"))
    labelled(ax, "", f"{label}, by week")
    return figure


def drift_grid(psi: pd.DataFrame) -> Figure:
    """Draw the population stability index of each feature (rows) in each month (columns)."""
    figure, ax = canvas("How far each month is from the training data", height=0.6 + 0.26 * len(psi))
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
