"""The scores of each task, all of them functions of (truth, outcome).

The truth is an array of class codes or numbers, shape (rows,). The outcome is the probability of the last class
(binary), the probabilities of all classes, shape (rows, classes) (multiclass), or the predicted number (regression).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import metrics

from .schema import Task

Floats = NDArray[np.float64]


class Metric(NamedTuple):
    """A score of (truth, outcome), and whether more of it is better."""

    score: Callable[[NDArray[Any], Floats], float]
    higher_is_better: bool


def calibration_error(truth: NDArray[Any], outcome: Floats) -> float:
    """Return the mean gap between promised and observed over ten equally filled bins.

    Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015.
    """
    table = calibration(truth, outcome)
    return float(np.average((table.promised - table.observed).abs(), weights=table.rows))


def calibration(truth: NDArray[Any], outcome: Floats, bins: int = 10) -> pd.DataFrame:
    """Return promised (mean outcome), observed (mean truth) and rows for equally filled bins of the outcome.

    Of several classes, the promise is the probability of the one that is chosen, the truth whether it is right:
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    if outcome.ndim == 2:
        truth, outcome = outcome.argmax(axis=1) == truth, outcome.max(axis=1)
    edges = np.unique(np.quantile(outcome, np.linspace(0, 1, bins + 1)[1:-1]))
    table = pd.DataFrame({"promised": outcome, "observed": np.asarray(truth, dtype=float)})
    grouped = table.groupby(np.searchsorted(edges, outcome, side="right"))
    return grouped.mean().assign(rows=grouped.size()).reset_index(drop=True)


def one_against_rest(truth: NDArray[Any], outcome: Floats) -> float:
    """Return the mean ROC AUC of each class against all others, of the classes that are there."""
    present = [code for code in range(outcome.shape[1]) if 0 < (truth == code).sum() < len(truth)]
    areas = [metrics.roc_auc_score(truth == code, outcome[:, code]) for code in present]
    return float(np.mean(areas)) if areas else float("nan")


def one_hot(truth: NDArray[Any], outcome: Floats) -> Floats:
    """Return the truth in the shape of the outcome: 1 where the class is the true one."""
    return np.eye(outcome.shape[1])[truth.astype(int)]


def squared_distance(truth: NDArray[Any], outcome: Floats) -> float:
    """Return the mean squared distance from the true class's corner, 0 to 2.

    Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78 (1950).
    """
    return float(((outcome - one_hot(truth, outcome)) ** 2).sum(axis=1).mean())


def log_loss(truth: NDArray[Any], outcome: Floats) -> float:
    """Return the mean negative logarithm of the true class's probability, whether or not each class is there."""
    # A model's float32 probabilities add up to 1 only nearly, of which scikit-learn would warn.
    return float(metrics.log_loss(one_hot(truth, outcome), outcome / outcome.sum(axis=1, keepdims=True)))


def of_choice(score: Callable[[NDArray[Any], NDArray[Any]], float]) -> Callable[[NDArray[Any], Floats], float]:
    """Return a score of classes as one of probabilities: the likeliest class is the choice."""
    return lambda truth, outcome: score(truth, outcome.argmax(axis=1))


def balanced_accuracy(truth: NDArray[Any], choice: NDArray[Any]) -> float:
    """Return the mean share found of each class that is there; unlike scikit-learn's, it warns of no other class."""
    return float(np.mean([(choice[truth == code] == code).mean() for code in np.unique(truth)]))


METRICS: dict[Task, dict[str, Metric]] = {
    "binary": {
        "roc_auc": Metric(metrics.roc_auc_score, True),
        "average_precision": Metric(metrics.average_precision_score, True),
        "brier": Metric(metrics.brier_score_loss, False),
        "log_loss": Metric(metrics.log_loss, False),
        "calibration_error": Metric(calibration_error, False),
    },
    "multiclass": {
        "balanced_accuracy": Metric(of_choice(balanced_accuracy), True),
        "accuracy": Metric(of_choice(metrics.accuracy_score), True),
        "roc_auc": Metric(one_against_rest, True),
        "brier": Metric(squared_distance, False),
        "log_loss": Metric(log_loss, False),
        "calibration_error": Metric(calibration_error, False),
    },
    "regression": {
        "mae": Metric(metrics.mean_absolute_error, False),
        "rmse": Metric(metrics.root_mean_squared_error, False),
        "r2": Metric(metrics.r2_score, True),
        "calibration_error": Metric(calibration_error, False),
    },
}


def metric(name: str, task: Task) -> Metric:
    """Return a metric of the task by name.

    Raises:
        ValueError: the task has no such metric; the nearest one is named.
    """
    known = METRICS[task]
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
        raise ValueError(f"params.yaml: {name!r} is no metric of a {task} task; the nearest one is {nearest!r}.")
    return known[name]


def scores(truth: NDArray[Any], outcome: Floats, task: Task) -> dict[str, float]:
    """Return every metric of the task.

    Raises:
        ValueError: an answer is no finite number, so that nothing can be measured.
    """
    wrong = int((~np.isfinite(outcome)).reshape(len(outcome), -1).any(axis=1).sum())
    if wrong:
        raise ValueError(
            f"{wrong:,} of {len(outcome):,} rows are answered with NaN or infinity: look for what they share."
        )
    return {name: float(m.score(truth, outcome)) for name, m in METRICS[task].items()}


def beats(name: str, task: Task, model: dict[str, float], other: dict[str, float]) -> bool:
    """Return whether `model` is strictly better than `other` in the metric; NaN never is."""
    higher = metric(name, task).higher_is_better
    return model[name] > other[name] if higher else model[name] < other[name]
