"""Two models on the same rows: how much better one is, in all and in each slice, and how sure that is.

The intervals are those of a paired percentile bootstrap: both models answer the same drawn rows. Rows that belong
together are drawn together, as in Field and Welsh, Bootstrapping Clustered Data, JRSS B 69 (2007): flights of one day
share their weather, and rows that were drawn one by one would promise more than they know.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .evaluation import judged_slices, refuse_unknown_column
from .metrics import METRICS, Floats, metric
from .resampling import Score, Truth, resampled, score_of, within
from .schema import Schema, Task
from .sections import Evaluation, Gate

DAY = "day"
# Of a metric that needs two classes, so many draws may lack one before nothing is promised.
MOST_LOST = 0.05


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """What a challenger gains on a champion in a metric: positive is better, whichever way the metric goes."""

    challenger: float
    champion: float
    gain: float
    low: float
    high: float


class SliceGain(Gain, frozen=True, kw_only=True):
    """The gain where a column has one value."""

    column: str
    value: str
    rows: int


class MetricGain(Gain, frozen=True, kw_only=True):
    """The gain in one metric over all rows."""

    metric: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The gain in every metric over all rows, and in the primary one in each slice with rows enough."""

    metric: str
    confidence: float
    resamples: int
    metrics: tuple[MetricGain, ...]
    slices: tuple[SliceGain, ...]

    @property
    def overall(self) -> MetricGain:
        """The gain in the primary metric over all rows."""
        return next(found for found in self.metrics if found.metric == self.metric)


class Part(NamedTuple):
    """What is scored: a metric, on some of the rows; None is all of them."""

    metric: str
    rows: NDArray[np.intp] | None = None

    def of(self, values: Floats) -> Floats:
        """Return the values of the part's rows."""
        return values if self.rows is None else values[self.rows]

    def score(self, task: Task, truth: Truth, answers: Floats) -> Score:
        """Return the score of draws of all rows that counts only those of the part."""
        score = score_of(self.metric, task, self.of(truth), self.of(answers))
        return score if self.rows is None else within(score, self.rows)


def groups_of(table: pd.DataFrame, schema: Schema, together: str | None) -> NDArray[np.intp]:
    """Return the code of each row's group: itself, its day, or its value of a column; shape (rows,).

    Raises:
        ValueError: there is no such column, or rows have no time that a day could be taken from.
    """
    if together is None:
        return np.arange(len(table))
    if together == DAY and DAY not in table:
        if schema.time is None:
            raise ValueError(
                "params.yaml: evaluation.gate.together is 'day', and rows have no time: name a column, or write null."
            )
        return pd.factorize(table[schema.time].dt.floor("D"))[0]
    refuse_unknown_column(together, "evaluation.gate.together", table)
    return pd.factorize(table[together], use_na_sentinel=False)[0]


def interval(values: Floats, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of drawn values; NaN if too many draws have none."""
    known = values[~np.isnan(values)]
    if len(known) < (1 - MOST_LOST) * len(values) or not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def intervals(
    truth: Truth, outcome: Floats, table: pd.DataFrame, evaluation: Evaluation, schema: Schema, seed: int
) -> dict[str, tuple[float, float]]:
    """Return the interval of every metric of the task."""
    gate = evaluation.gate
    scores = {name: score_of(name, schema.task, truth, outcome) for name in METRICS[schema.task]}
    drawn = resampled(scores, groups_of(table, schema, gate.together), gate.resamples, seed)
    return {name: interval(values, gate.confidence) for name, values in drawn.items()}


def compare(
    truth: Truth,
    outcome: Floats,
    rival: Floats,
    table: pd.DataFrame,
    evaluation: Evaluation,
    schema: Schema,
    seed: int,
) -> Comparison:
    """Return what the outcome gains on the rival's, for the same rows of a table."""
    gate, answers = evaluation.gate, (outcome, rival)
    slices = {(column, value): rows for column, value, rows in judged_slices(table, truth, evaluation, schema.task)}
    parts: dict[Any, Part] = {name: Part(name) for name in METRICS[schema.task]}
    parts |= {place: Part(evaluation.primary, rows) for place, rows in slices.items()}
    scores = {
        (name, one): part.score(schema.task, truth, answers[one]) for name, part in parts.items() for one in (0, 1)
    }
    drawn = resampled(scores, groups_of(table, schema, gate.together), gate.resamples, seed)
    gains = {
        name: gain(part, schema.task, truth, *answers, drawn=(drawn[name, 0], drawn[name, 1]), gate=gate)
        for name, part in parts.items()
    }
    return Comparison(
        metric=evaluation.primary,
        confidence=gate.confidence,
        resamples=gate.resamples,
        metrics=tuple(MetricGain(metric=name, **gains[name]) for name in METRICS[schema.task]),
        slices=tuple(
            SliceGain(column=column, value=value, rows=len(rows), **gains[column, value])
            for (column, value), rows in slices.items()
        ),
    )


def gain(
    part: Part, task: Task, truth: Truth, outcome: Floats, rival: Floats, *, drawn: tuple[Floats, Floats], gate: Gate
) -> dict[str, float]:
    """Return both scores of a part, and the gain with its interval; `drawn` are both scores of the draws."""
    score, higher = metric(part.metric, task)
    ours, theirs = (float(score(part.of(truth), part.of(answers))) for answers in (outcome, rival))
    sign = 1 if higher else -1
    with np.errstate(invalid="ignore"):
        low, high = interval(sign * (drawn[0] - drawn[1]), gate.confidence)
    return {"challenger": ours, "champion": theirs, "gain": sign * (ours - theirs), "low": low, "high": high}
