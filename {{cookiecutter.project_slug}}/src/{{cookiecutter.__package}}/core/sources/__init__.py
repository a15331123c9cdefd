"""Where the raw table comes from: the example, files, or a database."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..params import EXAMPLE, Params
from .files import load_files
from .flights import flights_with_weather, load_csv


def load_source(params: Params, root: Path) -> pd.DataFrame:
    """Return the raw table that `data.source` names, as it is there; every column has a name of its own.

    Raises:
        DataError: it can't be read; the message says what is wrong with it, and never holds a password.
    """
    data = params.data
    if data.source == EXAMPLE:
        return flights_with_weather(load_csv("flights.csv.zip"), load_csv("weather.csv"), data, params.flights)
    if is_sql(data.source):
        from .sql import load_query

        return load_query(data.source, data.query, root, data.id)
    return load_files(data.source, root, data.csv)


def is_sql(source: str) -> bool:
    """Return whether a source is the URL of a database, or the variable that holds it."""
    return "://" in source or (source.startswith("${") and source.endswith("}"))
