"""What one model gains on another: the interval covers the truth, pairs rows, and goes the right way."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import comparison, metrics, params, schema, sections

MakeSchema = Callable[..., schema.Schema]


def settings(**gate: Any) -> sections.Evaluation:
    """Return what is compared by: the mean absolute error, without slices."""
    return params.Evaluation(primary="mae", gate=sections.Gate(**{"resamples": 200, **gate}))


@pytest.fixture
def numbers(make_schema: MakeSchema) -> schema.Schema:
    """The schema of a table whose target is a number."""
    return make_schema("regression")


def table_of(rows: int, days: int = 1) -> pd.DataFrame:
    """Return a table with a time, and a column of groups."""
    at = pd.date_range("2013-01-01", periods=days, unit="us", tz="UTC").repeat(rows // days)
    return pd.DataFrame({"at": at, "house": np.arange(rows) // 10})


def test_the_interval_covers_the_true_gain_as_often_as_promised(numbers: schema.Schema):
    """Two models whose errors are known: in about 90 of 100 worlds the true difference lies inside."""
    random, rows, inside = np.random.default_rng(1), 200, 0
    true = np.sqrt(2 / np.pi) * (1.2 - 1.0)
    for _ in range(150):
        truth = random.normal(size=rows)
        ours, theirs = truth + random.normal(0, 1.0, rows), truth + random.normal(0, 1.2, rows)
        found = comparison.compare(
            truth, ours, theirs, table_of(rows), settings(confidence=0.9), numbers, int(random.integers(1e9))
        )
        inside += found.overall.low <= true <= found.overall.high
    assert 0.82 <= inside / 150 <= 0.97


def test_rows_that_belong_together_promise_less(numbers: schema.Schema):
    """Where whole days are easy or hard, drawing row by row would be far too sure."""
    random, days, rows = np.random.default_rng(2), 20, 2000
    moods = random.normal(0, 1, days).repeat(rows // days)
    truth, theirs = np.zeros(rows), 2 + random.normal(0, 0.1, rows)
    table = table_of(rows, days)
    widths = {}
    for together in (None, "day"):
        found = comparison.compare(truth, 2 + moods, theirs, table, settings(together=together), numbers, 1).overall
        widths[together] = found.high - found.low
    assert widths["day"] > 3 * widths[None]


def test_a_gain_is_positive_where_the_challenger_is_better(each: SimpleNamespace):
    """Whichever way the metric goes; swapped, everything changes its sign."""
    random, outcome = np.random.default_rng(3), each.served.answer(each.table).outcome
    shuffled = random.permutation(outcome)
    chosen = msgspec.structs.replace(each.params.evaluation, gate=sections.Gate(resamples=200))
    one, other = (
        comparison.compare(each.target, *pair, each.table, chosen, each.schema, 1)
        for pair in ((outcome, shuffled), (shuffled, outcome))
    )
    assert 0 < one.overall.low < one.overall.gain < one.overall.high
    assert one.overall.gain == pytest.approx(-other.overall.gain)
    assert (one.overall.low, one.overall.high) == pytest.approx((-other.overall.high, -other.overall.low))
    assert [found.value for found in one.slices] == ["blue", "green", "red"]
    assert all(found.low < found.gain < found.high for found in one.slices)
    assert sum(found.rows for found in one.slices) == len(each.table)
    assert {found.metric for found in one.metrics} == set(metrics.METRICS[each.schema.task])
    gains = {found.metric: (found.gain, theirs.gain) for found, theirs in zip(one.metrics, other.metrics, strict=True)}
    # Shuffled answers may promise as well as the model does, in all.
    del gains["calibration_error"]
    assert all(mine > 0 > theirs for mine, theirs in gains.values())


def test_every_metric_gets_an_interval_around_its_value(each: SimpleNamespace):
    """The model card shows them."""
    outcome = each.served.answer(each.table).outcome
    found = comparison.intervals(each.target, outcome, each.table, settings(), each.schema, 1)

    values = metrics.scores(each.target, outcome, each.schema.task)
    assert set(found) == set(values)
    # A calibration error is never negative, so that drawing alone moves it up.
    sure = {name for name in values if name != "calibration_error"}
    assert all(found[name][0] < values[name] < found[name][1] for name in sure)


@pytest.mark.parametrize(("together", "groups"), [(None, 40), ("day", 4), ("house", 4)])
def test_rows_are_grouped_as_asked(numbers: schema.Schema, together: str | None, groups: int):
    """Each for itself, by day, or by the value of a column."""
    assert len(np.unique(comparison.groups_of(table_of(40, 4), numbers, together))) == groups


def test_a_missing_value_is_a_group_of_its_own(numbers: schema.Schema):
    """No row is lost."""
    table = table_of(4).assign(house=["a", None, "a", None])
    assert comparison.groups_of(table, numbers, "house").tolist() == [0, 1, 0, 1]


def test_what_cannot_be_grouped_by_is_named(numbers: schema.Schema, make_schema: MakeSchema):
    """A misspelt column, or days where rows have no time."""
    with pytest.raises(ValueError, match=r"evaluation\.gate\.together names 'hous'.* the nearest is 'house'\."):
        comparison.groups_of(table_of(4), numbers, "hous")
    with pytest.raises(ValueError, match="'day', and rows have no time"):
        comparison.groups_of(table_of(4), make_schema("regression", timed=False), "day")


@pytest.mark.parametrize(("lost", "known"), [(0.04, True), (0.06, False), (1.0, False)])
def test_too_many_draws_without_a_value_promise_nothing(lost: float, known: bool):
    """A metric that needs two classes may lack one in some draws; an interval of the rest would be of other rows."""
    values = np.arange(100.0)
    values[: int(100 * lost)] = np.nan
    assert np.isfinite(comparison.interval(values, 0.9)).all() == known
