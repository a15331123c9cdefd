"""Among which options a search looks: for each a range or a list of choices, all of which convert to ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from .options import ModelError, options_of, refuse_options
from .schema import Task

Options = dict[str, Any]
# Where twice as much matters, not one more.
ON_A_LOG_SCALE = {
    *("learning_rate", "max_iter", "n_estimators", "max_leaf_nodes", "num_leaves"),
    *("min_samples_leaf", "min_child_samples", "min_child_weight"),
    *("l2_regularization", "reg_alpha", "reg_lambda", "C", "alpha"),
}
BOOSTING = {"learning_rate": (0.01, 0.3), "subsample": (0.5, 1.0), "colsample_bytree": (0.5, 1.0)}
SPACES: dict[str, dict[str, tuple[Any, ...]]] = {
    "hist_gradient_boosting": {
        "learning_rate": (0.01, 0.3),
        "max_iter": (50, 500),
        "max_leaf_nodes": (8, 128),
        "min_samples_leaf": (5, 200),
        "l2_regularization": (1e-3, 10.0),
        "max_features": (0.3, 1.0),
    },
    "lightgbm": {
        **BOOSTING,
        "n_estimators": (50, 500),
        "num_leaves": (8, 128),
        "min_child_samples": (5, 200),
        "reg_lambda": (1e-3, 10.0),
    },
    "xgboost": {
        **BOOSTING,
        "n_estimators": (50, 500),
        "max_depth": (2, 10),
        "min_child_weight": (1.0, 100.0),
        "reg_lambda": (1e-3, 10.0),
    },
    "random_forest": {
        "n_estimators": (50, 200),
        "min_samples_leaf": (1, 50),
        "max_leaf_nodes": (50, 2000),
        "max_features": (0.2, 1.0),
    },
    "linear": {"C": (1e-3, 100.0), "alpha": (1e-3, 1000.0)},
}


class Dimension(NamedTuple):
    """The values an option may take: choices, or everything from the least to the most."""

    values: tuple[Any, ...]
    is_range: bool
    whole: bool = False
    log: bool = False

    def holds(self, value: Any) -> bool:
        """Return whether a value is one of them."""
        if not self.is_range:
            return value in self.values
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and self.values[0] <= value <= self.values[1] and (not self.whole or value == int(value))


Space = dict[str, Dimension]


def space_of(estimator: str, task: Task, chosen: Mapping[str, tuple[Any, ...]]) -> Space:
    """Return what is searched: the chosen space, or that which suits the estimator.

    Raises:
        ModelError: an option doesn't exist, takes no such value, or has nothing to choose from.
    """
    known = options_of(estimator, task)
    wanted = chosen or {name: values for name, values in SPACES[estimator].items() if name in known}
    for name, values in wanted.items():
        for value in values or (None,):
            refuse_options(estimator, task, {name: value}, "tune.space")
        if len(values) < 2 or (is_range(values) and values[0] >= values[1]):
            raise ModelError(f"params.yaml: tune.space.{name} needs a least and a most, or two choices or more.")
    return {name: dimension(name, values, known[name]) for name, values in wanted.items()}


def is_range(values: tuple[Any, ...]) -> bool:
    """Return whether these are a least and a most: two numbers."""
    return len(values) == 2 and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


def dimension(name: str, values: tuple[Any, ...], kind: Any) -> Dimension:
    """Return an option's values; whole numbers are searched where the option takes no others."""
    if not is_range(values):
        return Dimension(values, False)
    try:
        msgspec.convert((values[0] + values[1]) / 2 + 1e-6, kind)
        whole = False
    except msgspec.ValidationError:
        whole = True
    return Dimension(values, True, whole, name in ON_A_LOG_SCALE and values[0] > 0)


def rounded(value: Any) -> Any:
    """Return a number with three digits, which is as exact as a person would write it."""
    return float(f"{value:.3g}") if isinstance(value, float) else value
