"""Two models on the same rows: how much better one is, in all and in each slice, and how sure that is.

The intervals are those of a paired percentile bootstrap: both models answer the same drawn rows. Rows that belong
together are drawn together, as in Field and Welsh, Bootstrapping Clustered Data, JRSS B 69 (2007): flights of one day
share their weather, and rows that were drawn one by one would promise more than they know.
"""

from __future__ import annotations

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .evaluation import judged_slices, refuse_unknown_column
from .metrics import METRICS, Floats, metric
from .resampling import Score, Truth, resampled, score_of, within
from .schema import Schema
from .sections import Evaluation

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


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The gain in the primary metric, over all rows and in each slice with rows enough."""

    metric: str
    confidence: float
    resamples: int
    overall: Gain
    slices: tuple[SliceGain, ...]


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
    gate, name = evaluation.gate, evaluation.primary
    slices = list(judged_slices(table, truth, evaluation, schema.task))
    places = [np.arange(len(table)), *(rows for _, _, rows in slices)]
    scores: dict[tuple[int, bool], Score] = {
        (number, ours): within(score_of(name, schema.task, truth[rows], answers[rows]), rows)
        for number, rows in enumerate(places)
        for ours, answers in ((True, outcome), (False, rival))
    }
    drawn = resampled(scores, groups_of(table, schema, gate.together), gate.resamples, seed)
    sign = 1 if metric(name, schema.task).higher_is_better else -1
    gains = [
        gain(
            truth[rows],
            outcome[rows],
            rival[rows],
            sign * (drawn[number, True] - drawn[number, False]),
            evaluation,
            schema,
        )
        for number, rows in enumerate(places)
    ]
    return Comparison(
        metric=name,
        confidence=gate.confidence,
        resamples=gate.resamples,
        overall=gains[0],
        slices=tuple(
            SliceGain(column=column, value=value, rows=len(rows), **msgspec.structs.asdict(found))
            for (column, value, rows), found in zip(slices, gains[1:], strict=True)
        ),
    )


def gain(truth: Truth, outcome: Floats, rival: Floats, drawn: Floats, evaluation: Evaluation, schema: Schema) -> Gain:
    """Return both scores of some rows, and the gain with its interval."""
    score, higher = metric(evaluation.primary, schema.task)
    ours, theirs = float(score(truth, outcome)), float(score(truth, rival))
    low, high = interval(drawn, evaluation.gate.confidence)
    return Gain(challenger=ours, champion=theirs, gain=(ours - theirs) * (1 if higher else -1), low=low, high=high)
