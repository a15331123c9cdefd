"""The options that each estimator takes from params.yaml: only such as convert to ONNX with the same answers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from .schema import Task

Count = Annotated[int, msgspec.Meta(ge=1)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Inside = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Leaves = Annotated[int, msgspec.Meta(ge=2, le=1000)]
Balance = Literal["balanced"] | None

CLASSES: tuple[Task, ...] = ("binary", "multiclass")
ONE_THREAD = "is set already, so that the same data gives the same file"
UNLIKE = "doesn't convert to ONNX with the same answers"
# Why an option that a library does have isn't among those below.
REFUSED_OPTIONS = {
    "random_state": "is the seed of params.yaml",
    "n_jobs": ONE_THREAD,
    "num_threads": ONE_THREAD,
    "tree_method": ONE_THREAD,
    "categorical_features": UNLIKE,
    "categorical_feature": UNLIKE,
    "enable_categorical": UNLIKE,
    "zero_as_missing": UNLIKE,
    "linear_tree": UNLIKE,
    "missing": UNLIKE,
    "booster": UNLIKE,
    "boosting_type": UNLIKE,
}
# What the libraries call the same thing differs, and params.yaml uses their own words. Of the losses of
# hist_gradient_boosting, poisson and gamma convert without an error and with wrong answers.
OPTIONS: dict[str, dict[str, Any]] = {
    "hist_gradient_boosting": {
        "learning_rate": Positive,
        "max_iter": Count,
        "max_leaf_nodes": Leaves | None,
        "max_depth": Count | None,
        "min_samples_leaf": Count,
        "l2_regularization": NotNegative,
        "max_features": Share,
        "max_bins": Annotated[int, msgspec.Meta(ge=2, le=255)],
        "early_stopping": bool | Literal["auto"],
        "validation_fraction": Inside,
        "n_iter_no_change": Count,
        "tol": NotNegative,
    },
    "lightgbm": {
        "learning_rate": Positive,
        "n_estimators": Count,
        "num_leaves": Leaves,
        "max_depth": Annotated[int, msgspec.Meta(ge=-1)],
        "min_child_samples": Count,
        "min_child_weight": NotNegative,
        "min_split_gain": NotNegative,
        "reg_alpha": NotNegative,
        "reg_lambda": NotNegative,
        "subsample": Share,
        "subsample_freq": Annotated[int, msgspec.Meta(ge=0)],
        "colsample_bytree": Share,
    },
    "xgboost": {
        "learning_rate": Positive,
        "n_estimators": Count,
        "max_depth": Annotated[int, msgspec.Meta(ge=1, le=30)],
        "max_leaves": Annotated[int, msgspec.Meta(ge=0, le=1000)],
        "grow_policy": Literal["depthwise", "lossguide"],
        "min_child_weight": NotNegative,
        "gamma": NotNegative,
        "reg_alpha": NotNegative,
        "reg_lambda": NotNegative,
        "subsample": Share,
        "colsample_bytree": Share,
        "max_bin": Annotated[int, msgspec.Meta(ge=2, le=65535)],
    },
    "random_forest": {
        "n_estimators": Count,
        "max_depth": Count | None,
        "max_leaf_nodes": Annotated[int, msgspec.Meta(ge=2)] | None,
        "min_samples_leaf": Count,
        "min_samples_split": Annotated[int, msgspec.Meta(ge=2)],
        "max_features": Share | Literal["sqrt", "log2"] | None,
        "max_samples": Share | None,
        "bootstrap": bool,
    },
    "linear": {"max_iter": Count, "tol": Positive},
}
OF_CLASSES: dict[str, dict[str, Any]] = {
    "hist_gradient_boosting": {"class_weight": Balance},
    "lightgbm": {"class_weight": Balance},
    "xgboost": {},
    "random_forest": {"class_weight": Literal["balanced", "balanced_subsample"] | None},
    "linear": {"C": Positive, "class_weight": Balance},
}
OF_NUMBERS: dict[str, dict[str, Any]] = {
    "hist_gradient_boosting": {
        "loss": Literal["squared_error", "absolute_error", "quantile"],
        "quantile": Inside,
    },
    "lightgbm": {
        "objective": Literal["regression", "regression_l1", "huber", "quantile", "poisson", "gamma", "tweedie"],
        "alpha": Inside,
    },
    "xgboost": {
        "objective": Literal["reg:squarederror", "reg:absoluteerror", "count:poisson", "reg:gamma", "reg:tweedie"],
    },
    "random_forest": {},
    "linear": {"alpha": NotNegative},
}


class ModelError(ValueError):
    """params.yaml asks for a model that can't be built; the message names the nearest valid choice."""


def options_of(estimator: str, task: Task) -> dict[str, Any]:
    """Return the options that an estimator takes in a task, each with the type of its values.

    Raises:
        ModelError: there is no such estimator.
    """
    if estimator not in OPTIONS:
        raise ModelError(
            f"params.yaml: model.estimator {estimator!r} is none of {', '.join(OPTIONS)}; "
            f"the nearest one is {nearest(estimator, OPTIONS)}."
        )
    return OPTIONS[estimator] | (OF_CLASSES if task in CLASSES else OF_NUMBERS)[estimator]


def refuse_options(estimator: str, task: Task, options: Mapping[str, Any], where: str = "model.options") -> None:
    """Raise ModelError for the first option that the estimator doesn't take, or not with this value."""
    known = options_of(estimator, task)
    for option, value in options.items():
        if option not in known:
            reason = REFUSED_OPTIONS.get(option, f"is no option of {estimator} here")
            close = difflib.get_close_matches(option, known, n=1)
            way = f"the nearest one is {close[0]}" if close else f"there are {', '.join(known)}"
            raise ModelError(f"params.yaml: {where}.{option} {reason}; {way}.")
        try:
            msgspec.convert(value, known[option])
        except msgspec.ValidationError as error:
            raise ModelError(f"params.yaml: {where}.{option}: {wanted(value, known[option], str(error))}.") from None


def wanted(value: Any, kind: Any, error: str) -> str:
    """Say what a value should have been: one of the words it may be, or what msgspec says of it."""
    words = [word for member in (kind, *get_args(kind)) if get_origin(member) is Literal for word in get_args(member)]
    if isinstance(value, str) and words:
        return f"{value!r} is none of {', '.join(words)}; the nearest one is {nearest(value, words)}"
    return error[0].lower() + error[1:]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is spelt most like this one."""
    return difflib.get_close_matches(str(name), sorted(known), n=1, cutoff=0)[0]
