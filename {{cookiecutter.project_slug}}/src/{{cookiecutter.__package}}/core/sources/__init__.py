"""Where the raw table comes from: the example, files, or a database."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..params import Params
from .flights import flights_with_weather, load_csv


def load_source(params: Params, root: Path) -> pd.DataFrame:
    """Return the raw table that `data.source` names, as it is there."""
    return flights_with_weather(load_csv("flights.csv.zip"), load_csv("weather.csv"), params.data, params.flights)
