"""The estimator: built from params.yaml, and fitted."""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from threadpoolctl import threadpool_limits

from .options import CLASSES, ModelError, refuse_options
from .scaling import Standardiser
from .schema import Feature, Task, of_kind
from .sections import Model

# For classes and for numbers; by name, so that only the library that is asked for is imported.
ESTIMATORS: dict[str, tuple[str, str]] = {
    "hist_gradient_boosting": (
        "sklearn.ensemble:HistGradientBoostingClassifier",
        "sklearn.ensemble:HistGradientBoostingRegressor",
    ),
    "lightgbm": ("lightgbm:LGBMClassifier", "lightgbm:LGBMRegressor"),
    "xgboost": ("xgboost:XGBClassifier", "xgboost:XGBRegressor"),
    "random_forest": ("sklearn.ensemble:RandomForestClassifier", "sklearn.ensemble:RandomForestRegressor"),
    "linear": ("sklearn.linear_model:LogisticRegression", "sklearn.linear_model:Ridge"),
}
# What nobody chooses: one thread and fixed orders of summing give the same bytes from run to run. LightGBM ignores
# `subsample` unless it is told how often to draw.
FIXED: dict[str, dict[str, Any]] = {
    "lightgbm": {"n_jobs": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1},
    "xgboost": {"n_jobs": 1, "tree_method": "hist", "verbosity": 0},
    "random_forest": {"n_jobs": 1},
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "lightgbm": {"n_estimators": 200, "learning_rate": 0.05, "subsample_freq": 1},
    "xgboost": {"n_estimators": 200, "learning_rate": 0.05},
    # Trees grown to single rows would make a file as large as the table.
    "random_forest": {"n_estimators": 100, "min_samples_leaf": 5, "max_leaf_nodes": 1000},
    "linear": {"max_iter": 1000},
}
FAR_BELOW = float(np.finfo(np.float32).min)


def build_pipeline(
    model: Model, features: Mapping[str, Feature], task: Task, seed: int, frame: pd.DataFrame
) -> Pipeline:
    """Return an unfitted pipeline of encoder and estimator; the levels of the categories are those of `frame`.

    Raises:
        ModelError: the estimator, or an option of it, doesn't exist, has a wrong value, or can't be exported.
    """
    refuse_options(model.estimator, task, model.options)
    kind = resolve_name(ESTIMATORS[model.estimator][task not in CLASSES])
    chosen = DEFAULTS.get(model.estimator, {}) | model.options | FIXED.get(model.estimator, {})
    estimator = kind(random_state=seed, **chosen)
    return Pipeline([("columns", encoder(model.estimator, features, frame)), ("estimator", estimator)])


def encoder(estimator: str, features: Mapping[str, Feature], frame: pd.DataFrame) -> ColumnTransformer:
    """Return what makes one matrix of the columns, as this estimator likes it.

    Trees take codes for categories, -1 for levels that aren't known, and numbers as they are, missing ones included.
    A linear model takes a column for each level, none of them set for unknown ones, and numbers in standard units.
    """
    categories, numbers = of_kind(features, "category"), of_kind(features, "number", "boolean", "date")
    known = [levels(frame[name], features[name].top) for name in categories]
    codes, values = ordinal(known), "passthrough"
    if estimator == "linear":
        codes, values = OneHotEncoder(categories=known, handle_unknown="ignore"), Standardiser()
    if estimator == "random_forest":
        # The converter doesn't know which way scikit-learn's own trees send missing values.
        values = SimpleImputer(strategy="constant", fill_value=FAR_BELOW, keep_empty_features=True)
    parts = [("categories", codes, categories), ("numbers", values, numbers)]
    return ColumnTransformer([part for part in parts if part[2]])


def ordinal(known: list[NDArray[Any]]) -> BaseEstimator:
    """Return an encoder to the places in these lists of levels, and to -1."""
    return OrdinalEncoder(categories=known, handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)


def levels(values: pd.Series, top: int | None) -> NDArray[Any]:
    """Return the levels a column holds, in alphabetical order; with `top`, only the commonest.

    A missing value is a level of its own beside them, if there is one. Of equally common ones, the alphabet decides.
    """
    counts = values.value_counts()
    commonest = sorted(counts.index.drop("", errors="ignore"), key=lambda level: (-counts[level], level))[:top]
    return np.array(sorted({*commonest, *counts.index.intersection([""])}) or [""], dtype=object)


def fit(pipeline: Pipeline, frame: pd.DataFrame, target: NDArray[Any]) -> Pipeline:
    """Fit and return the pipeline, on one thread: with more, boosting isn't the same from run to run.

    Raises:
        ModelError: the estimator can't learn from these rows, such as a Poisson loss from negative numbers.
    """
    try:
        with threadpool_limits(limits=1):
            return pipeline.fit(frame, target)
    except Exception as error:  # each library has an error of its own
        name, reason = type(pipeline[-1]).__name__, first_sentence(str(error))
        raise ModelError(f"{name} can't learn from these rows with the options of params.yaml: {reason}.") from error


def first_sentence(text: str) -> str:
    """Return what comes first in a library's message, without the place in its source and without the final stop."""
    lines = [line.split("] ")[-1] if line.startswith("[") else line for line in text.strip().splitlines() if line]
    return (lines or ["it doesn't say why"])[0].strip().rstrip(".")
