"""How good a model is: scores, baselines, slices, calibration, and the thresholds it has to meet."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance

from .params import Bound, Evaluation
from .schema import Signature

Floats = NDArray[np.float64]


class ThresholdError(RuntimeError):
    """The model doesn't reach what params.yaml asks of it; the message names each missed threshold."""


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


# The outcome is the probability of the last class, or the predicted number.
METRICS: dict[str, dict[str, Metric]] = {
    "classification": {
        "roc_auc": Metric(metrics.roc_auc_score, True),
        "average_precision": Metric(metrics.average_precision_score, True),
        "brier": Metric(metrics.brier_score_loss, False),
        "log_loss": Metric(metrics.log_loss, False),
        "calibration_error": Metric(calibration_error, False),
    },
    "regression": {
        "mae": Metric(metrics.mean_absolute_error, False),
        "rmse": Metric(metrics.root_mean_squared_error, False),
        "r2": Metric(metrics.r2_score, True),
        "calibration_error": Metric(calibration_error, False),
    },
}


def metric(name: str, task: str) -> Metric:
    """Return a metric of the task by name.

    Raises:
        ValueError: the task has no such metric; the nearest one is named.
    """
    known = METRICS[task]
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
        raise ValueError(f"params.yaml: {name!r} is no metric of a {task}; the nearest one is {nearest!r}.")
    return known[name]


def scores(truth: NDArray[Any], outcome: Floats, task: str) -> dict[str, float]:
    """Return every metric of the task."""
    return {name: float(m.score(truth, outcome)) for name, m in METRICS[task].items()}


def baseline(
    train: pd.DataFrame, table: pd.DataFrame, target: str, evaluation: Evaluation, task: str
) -> tuple[str, Floats]:
    """Return the name and the outcome of the simplest thing that could be done instead of a model.

    A class is answered with its rate in the training data, a number with the mean of its group there.
    """
    overall = float(train[target].mean())
    group = evaluation.baseline_group
    if task == "classification" or group is None:
        return ("base rate" if task == "classification" else "mean"), np.full(len(table), overall)
    means = train.groupby(group)[target].mean()
    return f"mean by {group}", table[group].map(means).fillna(overall).to_numpy(dtype=float)


def beats(name: str, task: str, model: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Return whether `model` is strictly better than `other` in the metric; NaN never is."""
    higher = metric(name, task).higher_is_better
    return model[name] > other[name] if higher else model[name] < other[name]


def calibration(truth: NDArray[Any], outcome: Floats, bins: int = 10) -> pd.DataFrame:
    """Return promised (mean outcome), observed (mean truth) and rows for equally filled bins of the outcome."""
    edges = np.unique(np.quantile(outcome, np.linspace(0, 1, bins + 1)[1:-1]))
    table = pd.DataFrame({"promised": outcome, "observed": np.asarray(truth, dtype=float)})
    grouped = table.groupby(np.searchsorted(edges, outcome, side="right"))
    return grouped.mean().assign(rows=grouped.size()).reset_index(drop=True)


def slice_scores(
    table: pd.DataFrame, truth: NDArray[Any], outcome: Floats, evaluation: Evaluation, task: str
) -> pd.DataFrame:
    """Return the primary metric for each value of each sliced column that has enough rows and, if classes, both."""
    score = metric(evaluation.primary, task).score
    found: list[dict[str, Any]] = []
    for column in evaluation.slices:
        for value, places in table.groupby(column).indices.items():
            one_class = task == "classification" and len(np.unique(truth[places])) < 2
            if len(places) >= evaluation.smallest_slice and not one_class:
                scored = score(truth[places], outcome[places])
                found.append({"column": column, "value": value, "rows": len(places), evaluation.primary: scored})
    return pd.DataFrame(found, columns=["column", "value", "rows", evaluation.primary])


class Answering(BaseEstimator):
    """Lets scikit-learn ask anything that answers a table, such as a loaded ONNX file."""

    def __init__(self, answer: Callable[[pd.DataFrame], Floats]) -> None:
        self.answer = answer

    def fit(self, *_: Any) -> Answering:
        """Change nothing: it knows its answers already."""
        return self


def importance(
    answer: Callable[[pd.DataFrame], Floats],
    table: pd.DataFrame,
    truth: NDArray[Any],
    name: str,
    task: str,
    seed: int,
    rows: int = 5000,
) -> pd.Series:
    """Return what the metric loses when a column is shuffled (mean of three, on evenly chosen rows), largest first.

    Breiman, Random Forests, Machine Learning 45 (2001).
    """
    score, higher = metric(name, task)
    chosen = np.linspace(0, len(table) - 1, min(rows, len(table))).astype(int)
    found = permutation_importance(
        Answering(answer),
        table.iloc[chosen],
        truth[chosen],
        scoring=lambda model, shuffled, expected: score(expected, model.answer(shuffled)) * (1 if higher else -1),
        n_repeats=3,
        random_state=seed,
    )
    return pd.Series(found.importances_mean, index=table.columns).sort_values(ascending=False)


def missed_thresholds(found: Mapping[str, float], thresholds: Mapping[str, Bound], task: str) -> list[str]:
    """Return one sentence for each threshold that isn't met; NaN meets none.

    Raises:
        ValueError: a threshold names a metric that the task doesn't have.
    """
    sentences: list[str] = []
    for name, bound in thresholds.items():
        metric(name, task)
        value = found[name]
        if bound.min is not None and not value >= bound.min:
            sentences.append(f"{name} is {value:.4f}, below the least allowed {bound.min:g}.")
        if bound.max is not None and not value <= bound.max:
            sentences.append(f"{name} is {value:.4f}, above the most allowed {bound.max:g}.")
    return sentences


def require_thresholds(missed: Sequence[str]) -> None:
    """Raise ThresholdError with every sentence, unless there is none."""
    if missed:
        raise ThresholdError(f"{' '.join(missed)} Improve the model, or change evaluation.thresholds in params.yaml.")


def report(
    signature: Signature,
    evaluation: Evaluation,
    *,
    rows: int,
    found: Mapping[str, float],
    baseline: tuple[str, Mapping[str, float]],
    slices: pd.DataFrame,
    missed: Sequence[str],
) -> dict[str, Any]:
    """Return what metrics/evaluation.json says: the numbers, what they are held against, and of which bytes."""
    name, simple = baseline
    return {
        "sha256": signature.sha256,
        "task": signature.task,
        "rows": rows,
        "primary": evaluation.primary,
        "metrics": dict(found),
        "baseline": {"name": name, "metrics": dict(simple)},
        "beats_baseline": beats(evaluation.primary, signature.task, found, simple),
        "slices": slices.to_dict(orient="records"),
        "missed": list(missed),
    }
