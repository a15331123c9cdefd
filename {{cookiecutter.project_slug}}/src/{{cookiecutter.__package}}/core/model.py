"""The estimator: built from params.yaml, and fitted."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits

from .params import Model
from .schema import Feature

ESTIMATORS: dict[str, dict[str, type[BaseEstimator]]] = {
    "hist_gradient_boosting": {
        "binary": HistGradientBoostingClassifier,
        "multiclass": HistGradientBoostingClassifier,
        "regression": HistGradientBoostingRegressor,
    },
}
# Native categories convert to ONNX without an error and with wrong answers; the encoder below replaces them.
REFUSED_OPTIONS = {"categorical_features", "random_state"}


class ModelError(ValueError):
    """params.yaml asks for a model that can't be built; the message names the nearest valid choice."""


def build_pipeline(model: Model, features: Mapping[str, Feature], task: str, seed: int) -> Pipeline:
    """Return an unfitted pipeline: categories to ordinal codes (unknown: -1), numbers as they are, estimator.

    Raises:
        ModelError: the estimator, or an option of it, doesn't exist or can't be exported.
    """
    if model.estimator not in ESTIMATORS:
        raise ModelError(f"params.yaml: model.estimator {model.estimator!r} is none of {', '.join(ESTIMATORS)}.")
    estimator = ESTIMATORS[model.estimator][task]
    refuse_unknown_options(model, estimator)
    by_kind = {kind: [n for n, f in features.items() if f.kind == kind] for kind in ("category", "number")}
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
    columns = ColumnTransformer(
        [("category", encoder, by_kind["category"]), ("number", "passthrough", by_kind["number"])]
    )
    return Pipeline([("columns", columns), ("estimator", estimator(random_state=seed, **model.options))])


def refuse_unknown_options(model: Model, estimator: type[BaseEstimator]) -> None:
    """Raise ModelError for the first option that the estimator doesn't take, naming the nearest that it does."""
    known = set(estimator().get_params()) - REFUSED_OPTIONS
    for option in model.options:
        if option not in known:
            nearest = difflib.get_close_matches(option, sorted(known), n=1, cutoff=0)[0]
            raise ModelError(f"params.yaml: model.options.{option} is no option here; the nearest one is {nearest}.")


def fit(pipeline: Pipeline, frame: pd.DataFrame, target: NDArray[Any]) -> Pipeline:
    """Fit and return the pipeline, on one thread: with more, boosting isn't the same from run to run."""
    with threadpool_limits(limits=1):
        return pipeline.fit(frame, target)
