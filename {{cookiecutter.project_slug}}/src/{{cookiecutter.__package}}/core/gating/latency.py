"""How long an answer takes, as the gate asks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from ..schema import Feature, columns


def median_latency(
    answer: Callable[[dict[str, object]], object], table: pd.DataFrame, features: Mapping[str, Feature], rows: int = 200
) -> float:
    """Return how many milliseconds an answer to one row takes, in the median over evenly chosen rows."""
    chosen = table.iloc[np.linspace(0, len(table) - 1, min(rows, len(table))).astype(int)]
    values = {name: list(part.ravel()) for name, part in columns(chosen, features).items()}
    took = []
    for number in range(len(chosen)):
        row = {name: [part[number]] for name, part in values.items()}
        started = time.perf_counter()
        answer(row)
        took.append(time.perf_counter() - started)
    return float(np.median(took) * 1000) if took else float("nan")
