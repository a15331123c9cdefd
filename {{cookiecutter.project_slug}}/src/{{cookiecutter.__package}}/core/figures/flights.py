"""Pictures of the example alone: when and where flights are late."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..params import EXAMPLE, Params
from ..schema import Schema
from ..sources.flights import load_csv
from .canvas import ORANGE, SEQUENTIAL, canvas, labelled
from .data import target_label

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def pictures(table: pd.DataFrame, params: Params, schema: Schema) -> list[Figure]:
    """Return the example's own pictures, and none for any other table."""
    if params.data.source != EXAMPLE:
        return []
    label = target_label(schema)
    return [
        destinations(table, load_csv("airports.csv"), schema.target, label),
        week_grid(table, schema.target, label),
    ]


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
