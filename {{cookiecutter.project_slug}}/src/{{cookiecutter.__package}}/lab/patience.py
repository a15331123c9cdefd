"""How long commands wait for a cell of a notebook."""

from __future__ import annotations

import functools

import click

cell_seconds = functools.partial(
    click.option,
    "--cell-seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    show_default=True,
    show_envvar=True,
    help="How long one cell may take before its kernel is stopped.",
)
OFFICIAL_CELL_SECONDS = cell_seconds(default=3600, envvar="LAB_CELL_SECONDS")
SMOKE_CELL_SECONDS = cell_seconds(default=300)
