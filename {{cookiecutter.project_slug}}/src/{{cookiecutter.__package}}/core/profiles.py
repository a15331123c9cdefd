"""What the training data looked like, small enough to ship, and how far other rows are from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .schema import Feature, Kind, Schema, column

BINS = 10
LEVELS = 50
SMALLEST_SHARE = 1e-4
MOST_GROUPS = 14

Profile = dict[str, dict[str, Any]]


def profile(table: pd.DataFrame, features: Mapping[str, Feature]) -> Profile:
    """Return for each feature its cut points or its commonest levels, and the share of rows in each.

    The last share is that of missing values, the one before it, for categories, that of all other levels. Booleans
    and dates count as the numbers that the model sees.
    """
    result: Profile = {}
    for name, feature in features.items():
        values = as_seen(table[name], feature.kind)
        cuts = commonest(values) if feature.kind == "category" else cut_points(values)
        found = shares(values, feature.kind, cuts).tolist()
        result[name] = {"kind": feature.kind, "rows": len(values), "cuts": cuts, "shares": found}
    return result


def as_seen(values: pd.Series, kind: Kind) -> pd.Series:
    """Return the values as the model sees them, but with a missing category missing."""
    return values if kind == "category" else pd.Series(column(values, Feature(kind=kind)).astype(float))


def cut_points(values: pd.Series) -> list[float]:
    """Return the inner decile borders, without repeats; none if there are no values."""
    present = values.dropna()
    return np.unique(present.quantile(np.linspace(0, 1, BINS + 1)[1:-1])).tolist() if len(present) else []


def commonest(values: pd.Series) -> list[str]:
    """Return the most frequent levels, most frequent first."""
    return values.value_counts().index[:LEVELS].tolist()


def shares(values: pd.Series, kind: Kind, cuts: list[Any]) -> NDArray[np.float64]:
    """Return the share of rows in each bin or level, then of missing values; shape (bins + 1,).

    A number that is exactly a cut point has a bin of its own, so that a value most rows share is seen to change.
    """
    present = values.dropna()
    if kind == "category":
        places = pd.Index(cuts).get_indexer(present)
        counts = np.bincount(np.where(places < 0, len(cuts), places), minlength=len(cuts) + 1)
    else:
        sides = [np.searchsorted(cuts, present.to_numpy(float), side=side) for side in ("left", "right")]
        counts = np.bincount(sides[0] + sides[1], minlength=2 * len(cuts) + 1)
    return np.append(counts, len(values) - len(present)) / max(1, len(values))


def drift(reference: Profile, table: pd.DataFrame) -> pd.Series:
    """Return the population stability index of each feature against the reference; 0.2 is usually called drift.

    Siddiqi, Credit Risk Scorecards (2006), chapter 7: the sum over bins of (now - then) ln(now / then).
    """
    return pd.Series({name: stability(entry, table[name]) for name, entry in reference.items()}, name="psi")


def stability(entry: Mapping[str, Any], values: pd.Series) -> float:
    """Return the population stability index of one feature; an empty bin counts as half a row, or SMALLEST_SHARE."""
    seen = shares(as_seen(values, entry["kind"]), entry["kind"], entry["cuts"])
    then = np.maximum(np.asarray(entry["shares"]), max(SMALLEST_SHARE, 0.5 / max(1, entry["rows"])))
    now = np.maximum(seen, max(SMALLEST_SHARE, 0.5 / max(1, len(values))))
    return float(np.sum((now - then) * np.log(now / then)))


def drifts(reference: Profile, parts: Mapping[str, pd.DataFrame], schema: Schema) -> pd.DataFrame:
    """Return the drift of each feature (rows) in each stretch of time, or in each part where there is no time.

    It is 0 where chance alone may have drawn such rows.
    """
    groups = stretches(pd.concat(parts.values()), schema.time) if schema.time else dict(parts)
    found = {name: (drift(reference, rows), chance(reference, len(rows))) for name, rows in groups.items()}
    return pd.concat({name: psi.where(psi > drawn, 0.0) for name, (psi, drawn) in found.items()}, axis=1)


def chance(reference: Profile, rows: int, level: float = 0.99) -> pd.Series:
    """Return the stability index of each feature that so few rows reach by chance alone, at the given level.

    Yurdakul & Naranjo, Statistical Properties of the Population Stability Index, Journal of Risk Model Validation 14
    (2020): without drift, the index divided by (1/n + 1/m) follows a chi-squared distribution.
    """
    from scipy.special import chdtri

    filled = {name: sum(share > 0 for share in entry["shares"]) for name, entry in reference.items()}
    sizes = {name: 1 / entry["rows"] + 1 / max(1, rows) for name, entry in reference.items()}
    return pd.Series({name: chdtri(max(1, filled[name] - 1), 1 - level) * sizes[name] for name in reference})


def stretches(table: pd.DataFrame, time: str) -> dict[str, pd.DataFrame]:
    """Return the rows by month, or by the finest of these that gives at most MOST_GROUPS: day, week, quarter, year."""
    stamps = table[time].dt.tz_localize(None)
    one_year = stamps.dt.year.nunique() == 1
    units = {"D": "%d %b", "W": "%d %b", "M": "%b" if one_year else "%b %y", "Q": "%b %y", "Y": "%Y"}
    counts = {unit: stamps.dt.to_period(unit).nunique() for unit in units}
    unit = next((unit for unit, count in counts.items() if count <= MOST_GROUPS), "Y")
    periods = stamps.dt.to_period(unit)
    return {period.start_time.strftime(units[unit]): rows for period, rows in table.groupby(periods)}
