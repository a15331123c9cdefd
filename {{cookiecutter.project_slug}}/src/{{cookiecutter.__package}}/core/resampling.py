"""Metrics of rows that are drawn again and again: all draws of a bootstrap at once, by how often each takes a row.

A draw is a row of counts, so `counts` has the shape (draws, rows). The metric of drawn rows is the metric with these
counts as weights: a mean of losses is one matrix product, and what goes by rank needs one sort for all draws. Every
function here gives, for each draw, exactly what its namesake in `metrics` gives for the rows repeated so often; where
a draw lacks what the metric needs, such as a second class, it gives NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .metrics import Floats, metric
from .schema import Task

# Scores of draws: (draws, rows) in, (draws,) out.
Score = Callable[[Floats], Floats]
Truth = NDArray[Any]
# So many draws at once, or fewer of many rows: about 16 MB.
BLOCK, NUMBERS = 50, 2**21


def counted(groups: NDArray[np.intp], draws: int, seed: int) -> Iterator[Floats]:
    """Yield blocks of draws with replacement, shape (some, rows) each; rows of a group are drawn together.

    `groups` are the codes of the rows' groups, 0, 1, …; where each row is its own, this is the plain bootstrap.
    """
    rng, number = np.random.default_rng(seed), int(groups.max(initial=-1)) + 1
    block = max(1, min(BLOCK, NUMBERS // max(1, len(groups))))
    for start in range(0, draws, block):
        chosen = rng.integers(0, number, (min(block, draws - start), number))
        yield np.array([np.bincount(draw, minlength=number) for draw in chosen], dtype=np.float64)[:, groups]


def resampled(scores: Mapping[Any, Score], groups: NDArray[np.intp], draws: int, seed: int) -> dict[Any, Floats]:
    """Return every score for the same draws, shape (draws,) each; NaN where all rows are of one group.

    Every draw would be the same then, and an interval of them would have no width: it would promise everything.
    """
    if groups.max(initial=0) < 1:
        return {name: np.full(draws, np.nan) for name in scores}
    found: dict[Any, list[Floats]] = {name: [] for name in scores}
    with np.errstate(divide="ignore", invalid="ignore"):
        for counts in counted(groups, draws, seed):
            for name, score in scores.items():
                found[name].append(score(counts))
    return {name: np.concatenate(blocks) for name, blocks in found.items()}


def within(score: Score, rows: NDArray[np.intp]) -> Score:
    """Return a score of some of the rows as one of all of them; `score` was made of these rows alone."""
    return lambda counts: score(counts[:, rows])


def mean_of(losses: Floats) -> Score:
    """Return the mean of a value that each row has."""
    return lambda counts: counts @ losses / counts.sum(axis=1)


def root_of(score: Score) -> Score:
    """Return the square root of another score."""
    return lambda counts: np.sqrt(score(counts))


def explained(truth: Truth, outcome: Floats) -> Score:
    """Return the share of the variance that is explained."""
    errors, values, squares = (truth - outcome) ** 2, truth.astype(float), truth.astype(float) ** 2

    def score(counts: Floats) -> Floats:
        rows = counts.sum(axis=1)
        return 1 - counts @ errors / (counts @ squares - (counts @ values) ** 2 / rows)

    return score


def by_class(truth: Truth, right: Floats) -> Score:
    """Return the mean of the shares that are right of each class that was drawn."""

    def score(counts: Floats) -> Floats:
        each = [
            counts[:, truth == code] @ right[truth == code] / counts[:, truth == code].sum(axis=1) for code in codes
        ]
        return np.nanmean(np.array(each), axis=0)

    codes = np.unique(truth)
    return score


class Ranks:
    """Rows in the order of the outcome; equal outcomes count as one place."""

    def __init__(self, truth: Truth, outcome: Floats) -> None:
        self.order = np.argsort(outcome, kind="stable")
        ordered = outcome[self.order]
        self.starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.array([], int)
        self.positive = truth[self.order].astype(float)

    def places(self, counts: Floats) -> tuple[Floats, Floats]:
        """Return how many positive and how many negative rows were drawn at each place, shape (draws, places)."""
        drawn = counts[:, self.order]
        positive = drawn * self.positive
        both = positive, drawn - positive
        if len(self.starts) == len(self.order):
            return both
        return np.add.reduceat(both[0], self.starts, axis=1), np.add.reduceat(both[1], self.starts, axis=1)

    def area(self, counts: Floats) -> Floats:
        """Return the area under the ROC curve: the share of pairs in the right order, ties counting half."""
        positive, negative = self.places(counts)
        below = np.cumsum(negative, axis=1)
        pairs = positive.sum(axis=1) * below[:, -1]
        return ((positive * below).sum(axis=1) - (positive * negative).sum(axis=1) / 2) / pairs

    def precision(self, counts: Floats) -> Floats:
        """Return the average precision: the precision at each place, weighted with the recall it adds."""
        positive, negative = (part[:, ::-1] for part in self.places(counts))
        found, taken = np.cumsum(positive, axis=1), np.cumsum(positive + negative, axis=1)
        return (positive * found / np.maximum(taken, 1)).sum(axis=1) / found[:, -1]


def areas(truth: Truth, outcome: Floats) -> Score:
    """Return the mean area of each class against all others, of the classes that were drawn."""
    each = [Ranks(truth == code, outcome[:, code]).area for code in range(outcome.shape[1])]

    def score(counts: Floats) -> Floats:
        found = np.array([area(counts) for area in each])
        return np.where(np.isnan(found).all(axis=0), np.nan, np.nansum(found, axis=0) / (~np.isnan(found)).sum(axis=0))

    return score


def promises(truth: Truth, outcome: Floats, bins: int = 10) -> Score:
    """Return the mean gap between promised and observed, over bins that are equally filled in each draw."""
    if outcome.ndim == 2:
        truth, outcome = outcome.argmax(axis=1) == truth, outcome.max(axis=1)
    order = np.argsort(outcome, kind="stable")
    values, gaps = outcome[order], outcome[order] - truth[order].astype(float)
    shares = np.linspace(0, 1, bins + 1)[1:-1]

    def gap(drawn: Floats) -> float:
        until = np.cumsum(drawn)
        place = shares * (until[-1] - 1)
        low = values[np.searchsorted(until, np.floor(place), side="right")]
        high = values[np.searchsorted(until, np.ceil(place), side="right")]
        edges = np.unique(low + (high - low) * (place - np.floor(place)))
        ends = np.r_[np.searchsorted(values, edges, side="left"), len(values)]
        sums = np.r_[0, np.cumsum(drawn * gaps)][ends]
        return float(np.abs(np.diff(sums, prepend=0)).sum() / until[-1])

    return lambda counts: np.array([gap(drawn[order]) for drawn in counts])


def likelihood(chance: Floats) -> Floats:
    """Return the negative logarithm of the true class's probability, which is never taken for 0 or 1."""
    nearly = np.finfo(chance.dtype).eps
    return -np.log(np.clip(chance, nearly, 1 - nearly))


def score_of(name: str, task: Task, truth: Truth, outcome: Floats) -> Score:
    """Return a metric of the task for draws of these rows; one that has no quick way here repeats the rows."""
    quick = {"binary": of_two, "multiclass": of_several, "regression": of_numbers}[task](name, truth, outcome)
    return quick or repeating(metric(name, task).score, truth, outcome)


def repeating(score: Callable[[Truth, Floats], float], truth: Truth, outcome: Floats) -> Score:
    """Return any metric for draws, one by one: slow, and right for all."""

    def of_draw(drawn: Floats) -> float:
        rows = np.repeat(np.arange(len(truth)), drawn.astype(int))
        return float(score(truth[rows], outcome[rows]))

    return lambda counts: np.array([of_draw(drawn) for drawn in counts])


def of_two(name: str, truth: Truth, outcome: Floats) -> Score | None:
    """Return a metric of the probability of the last of two classes, or None if it has no quick way."""
    if name in ("roc_auc", "average_precision"):
        ranks = Ranks(truth, outcome)
        return ranks.area if name == "roc_auc" else ranks.precision
    if name == "calibration_error":
        return promises(truth, outcome)
    if name == "brier":
        return mean_of((truth - outcome) ** 2)
    return mean_of(likelihood(np.where(truth == 1, outcome, 1 - outcome))) if name == "log_loss" else None


def of_several(name: str, truth: Truth, outcome: Floats) -> Score | None:
    """Return a metric of the probabilities of several classes, or None if it has no quick way."""
    if name == "roc_auc":
        return areas(truth, outcome)
    if name == "calibration_error":
        return promises(truth, outcome)
    right = (outcome.argmax(axis=1) == truth).astype(float)
    if name in ("accuracy", "balanced_accuracy"):
        return mean_of(right) if name == "accuracy" else by_class(truth, right)
    rows = np.arange(len(truth))
    if name == "brier":
        return mean_of((outcome**2).sum(axis=1) - 2 * outcome[rows, truth.astype(int)] + 1)
    chances = (outcome / outcome.sum(axis=1, keepdims=True))[rows, truth.astype(int)]
    return mean_of(likelihood(chances)) if name == "log_loss" else None


def of_numbers(name: str, truth: Truth, outcome: Floats) -> Score | None:
    """Return a metric of predicted numbers, or None if it has no quick way."""
    if name == "calibration_error":
        return promises(truth, outcome)
    if name == "r2":
        return explained(truth, outcome)
    if name == "mae":
        return mean_of(np.abs(truth - outcome))
    return root_of(mean_of((truth - outcome) ** 2)) if name == "rmse" else None
