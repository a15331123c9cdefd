"""Which feature gives the target away, where a model is too good to be true."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ..metrics import Floats, metric
from ..resampling import Truth
from ..schema import Feature, Schema, column

# How much of the way from the baseline to perfection a single feature has to go by itself to be named.
TELLING = 0.9
ROWS = 20_000


def skill(score: float, baseline: float, higher_is_better: bool) -> float:
    """Return which share of the way from the baseline to perfection a score goes; NaN if there is no way left.

    Murphy, Skill Scores Based on the Mean Square Error, Monthly Weather Review 116 (1988).
    """
    way = (1.0 if higher_is_better else 0.0) - baseline
    return (score - baseline) / way if way else float("nan")


def telling_feature(table: pd.DataFrame, truth: Truth, schema: Schema, primary: str, baseline: float, seed: int) -> str:
    """Return the feature that tells the target nearly perfectly by itself; nothing if none does.

    Kaufman et al., Leakage in Data Mining, ACM Transactions on Knowledge Discovery from Data 6 (2012).
    """
    chosen = np.linspace(0, len(table) - 1, min(ROWS, len(table))).astype(int)
    some, higher = table.iloc[chosen], metric(primary, schema.task).higher_is_better
    skills = {
        name: skill(told(codes(some[name], feature), truth[chosen], schema, primary, seed), baseline, higher)
        for name, feature in schema.features.items()
    }
    best = max(skills, key=lambda name: np.nan_to_num(skills[name], nan=-np.inf), default="")
    return best if best and skills[best] >= TELLING else ""


def codes(values: pd.Series, feature: Feature) -> Floats:
    """Return a feature as one column of numbers that a tree can split, shape (rows, 1)."""
    seen = column(values, feature)
    return np.asarray(pd.factorize(seen)[0] if feature.kind == "category" else seen, dtype=np.float64).reshape(-1, 1)


def told(values: Floats, truth: Truth, schema: Schema, primary: str, seed: int) -> float:
    """Return the primary metric of a tree that learns from one feature in every second row and is asked the others."""
    score, kind = (
        metric(primary, schema.task).score,
        DecisionTreeClassifier if schema.classes else DecisionTreeRegressor,
    )
    tree = kind(random_state=seed).fit(values[::2], truth[::2])
    asked, wanted = values[1::2], truth[1::2]
    if not schema.classes:
        return float(score(wanted, tree.predict(asked)))
    chances = np.zeros((len(asked), len(schema.classes)))
    chances[:, tree.classes_.astype(int)] = tree.predict_proba(asked)
    return float(score(wanted, chances[:, -1] if schema.task == "binary" else chances))
