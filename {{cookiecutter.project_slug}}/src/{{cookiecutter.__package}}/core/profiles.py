"""What the training data looked like, small enough to ship, and how far other rows are from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .schema import Feature

BINS = 10
LEVELS = 50
SMALLEST_SHARE = 1e-4

Profile = dict[str, dict[str, Any]]


def profile(table: pd.DataFrame, features: Mapping[str, Feature]) -> Profile:
    """Return for each feature its cut points or its commonest levels, and the share of rows in each.

    The last share is that of missing values, the one before it, for categories, that of all other levels.
    """
    result: Profile = {}
    for name, feature in features.items():
        cuts = cut_points(table[name]) if feature.kind == "number" else commonest(table[name])
        result[name] = {"kind": feature.kind, "cuts": cuts, "shares": shares(table[name], feature.kind, cuts).tolist()}
    return result


def cut_points(values: pd.Series) -> list[float]:
    """Return the inner decile borders, without repeats; none if there are no values."""
    present = values.dropna().astype(float)
    return np.unique(present.quantile(np.linspace(0, 1, BINS + 1)[1:-1])).tolist() if len(present) else []


def commonest(values: pd.Series) -> list[str]:
    """Return the most frequent levels, most frequent first."""
    return values.value_counts().index[:LEVELS].tolist()


def shares(values: pd.Series, kind: str, cuts: list[Any]) -> NDArray[np.float64]:
    """Return the share of rows in each bin or level, then of missing values; shape (bins + 1,).

    A number that is exactly a cut point has a bin of its own, so that a value most rows share is seen to change.
    """
    present = values.dropna()
    if kind == "number":
        sides = [np.searchsorted(cuts, present.to_numpy(float), side=side) for side in ("left", "right")]
        counts = np.bincount(sides[0] + sides[1], minlength=2 * len(cuts) + 1)
    else:
        places = pd.Index(cuts).get_indexer(present)
        counts = np.bincount(np.where(places < 0, len(cuts), places), minlength=len(cuts) + 1)
    return np.append(counts, len(values) - len(present)) / max(1, len(values))


def drift(reference: Profile, table: pd.DataFrame) -> pd.Series:
    """Return the population stability index of each feature against the reference; 0.2 is usually called drift.

    Siddiqi, Credit Risk Scorecards (2006), chapter 7: the sum over bins of (now - then) ln(now / then).
    """
    return pd.Series({name: stability(entry, table[name]) for name, entry in reference.items()}, name="psi")


def stability(entry: Mapping[str, Any], values: pd.Series) -> float:
    """Return the population stability index of one feature, empty bins counted as SMALLEST_SHARE."""
    then = np.maximum(np.asarray(entry["shares"]), SMALLEST_SHARE)
    now = np.maximum(shares(values, entry["kind"], entry["cuts"]), SMALLEST_SHARE)
    return float(np.sum((now - then) * np.log(now / then)))
