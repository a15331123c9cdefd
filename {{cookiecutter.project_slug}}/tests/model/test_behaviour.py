"""How a model behaves, whatever its numbers are and whatever table it learned from: invariance, minimum function.

Every test runs on made-up models of each task, and on the official one once there is one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, evaluation, metrics, params, schema
from {{cookiecutter.__package}}.live import runtime
from {{cookiecutter.__package}}.live.api import requests

ASKED = 2_000
TEXTS = ["ZZ", "", "é ✈ \u200b"]


@pytest.fixture(scope="session", params=["binary", "multiclass", "regression", "official"])
def tested(request: pytest.FixtureRequest, made_of: Callable[[str], SimpleNamespace]) -> SimpleNamespace:
    """The model under test, with its schema, rows it may be asked, and what is true of them."""
    official = request.param == "official"
    found = request.getfixturevalue("official") if official else made_of(request.param)
    table = data.sampled(found.holdout if official else found.table, ASKED)
    return SimpleNamespace(
        served=found.served,
        schema=found.schema,
        table=table,
        train=found.train if official else found.table,
        truth=table[found.schema.target].to_numpy(),
        primary=found.report["primary"] if official else found.params.evaluation.primary,
    )


def over_http(served: runtime.Model, rows: list[dict[str, Any]]) -> np.ndarray:
    """Return the model's answers to a request, through all that a request goes through."""
    body = json.dumps({"rows": rows}).encode()
    return served.predict(requests.RequestModel(served.signature.features).decode(body)).raw


def test_the_order_of_features_does_not_matter(tested: SimpleNamespace):
    """Neither in a request nor in a table."""
    rows = data.request_rows(tested.table.head(200), tested.schema.features)
    turned = [dict(reversed(row.items())) for row in rows]
    np.testing.assert_array_equal(over_http(tested.served, turned), over_http(tested.served, rows))
    backwards = tested.table[tested.table.columns[::-1]]
    np.testing.assert_array_equal(tested.served.outcome(backwards), tested.served.outcome(tested.table))


def test_the_order_of_rows_does_not_matter(tested: SimpleNamespace):
    """Each row is answered by itself."""
    shuffled = tested.table.sample(frac=1, random_state=1)
    expected = tested.served.outcome(tested.table)[shuffled.index]
    np.testing.assert_array_equal(tested.served.outcome(shuffled), expected)


def test_one_row_is_answered_as_in_a_batch(tested: SimpleNamespace):
    """A request for one row and one for hundreds agree on it."""
    rows = data.request_rows(tested.table.head(100), tested.schema.features)
    alone = np.concatenate([over_http(tested.served, [row]) for row in rows])
    np.testing.assert_array_equal(alone, over_http(tested.served, rows))


def test_a_request_is_answered_as_the_table_is(tested: SimpleNamespace):
    """What goes through JSON and what comes from Parquet are the same rows, to the last bit."""
    few = tested.table.head(200)
    expected = tested.served.answer(few).raw
    np.testing.assert_array_equal(over_http(tested.served, data.request_rows(few, tested.schema.features)), expected)


def test_what_the_model_does_not_know_does_not_matter(tested: SimpleNamespace):
    """Id, time and target are no features."""
    features = list(tested.schema.features)
    expected = tested.served.outcome(tested.table)
    np.testing.assert_array_equal(tested.served.outcome(tested.table[features]), expected)


@pytest.mark.parametrize("text", TEXTS)
def test_an_unseen_category_is_answered(tested: SimpleNamespace, text: str):
    """A new level of each category, alone and all at once."""
    names = schema.of_kind(tested.schema.features, "category")
    for changed in [[name] for name in names] + [names]:
        few = tested.table.head(200).copy()
        few[changed] = text
        assert_sensible(tested, few)


def test_missing_values_are_answered(tested: SimpleNamespace):
    """Each nullable feature alone, and all of them at once, may be missing."""
    nullable = [name for name, feature in tested.schema.features.items() if feature.nullable]
    rows = data.request_rows(tested.table.head(200), tested.schema.features)
    for names in [[name] for name in nullable] + [nullable]:
        answers = over_http(tested.served, [{**row, **dict.fromkeys(names)} for row in rows])
        assert np.isfinite(answers).all()


def assert_sensible(tested: SimpleNamespace, table: pd.DataFrame) -> None:
    """Fail unless every answer is finite, and numbers stay within reach of those that were learned."""
    raw = tested.served.answer(table).raw
    assert np.isfinite(raw).all()
    if not tested.schema.classes:
        learned = tested.train[tested.schema.target]
        reach = learned.max() - learned.min()
        assert learned.min() - reach <= raw.min()
        assert raw.max() <= learned.max() + reach


def test_answers_have_the_form_of_their_task(tested: SimpleNamespace):
    """Probabilities are between 0 and 1 and add up to 1; numbers are finite."""
    answer = tested.served.answer(tested.table)
    assert np.isfinite(answer.raw).all()
    if tested.schema.classes:
        assert set(answer.values) <= set(tested.schema.classes)
        assert ((answer.raw >= 0) & (answer.raw <= 1)).all()
        np.testing.assert_allclose(answer.raw.sum(axis=1), 1, atol=1e-5)
    else:
        assert answer.probabilities is None


def test_the_model_beats_the_simplest_guess(tested: SimpleNamespace):
    """By the metric that counts; the official one on rows that it has never seen."""
    chosen = params.Evaluation(primary=tested.primary)
    _, guess = evaluation.baseline(tested.train, tested.table, chosen, tested.schema)
    answers, task = tested.served.outcome(tested.table), tested.schema.task
    found, simple = (metrics.scores(tested.truth, outcome, task) for outcome in (answers, guess))
    assert metrics.beats(tested.primary, task, found, simple), (found, simple)


def test_answers_differ_from_row_to_row(tested: SimpleNamespace):
    """A model that says the same to everybody has learned nothing."""
    outcome = tested.served.answer(tested.table).raw[:, -1]
    assert len(np.unique(outcome)) > 10


def test_the_official_model_is_as_good_as_its_report_says(official: SimpleNamespace):
    """Every number of metrics/evaluation.json comes out again, it beats its baseline, and the gate let it pass."""
    truth = official.holdout[official.schema.target].to_numpy()
    found = metrics.scores(truth, official.served.outcome(official.holdout), official.schema.task)
    assert found == pytest.approx(official.report["metrics"], rel=1e-6)
    assert official.report["rows"] == len(official.holdout)
    assert official.report["beats_baseline"] is True
    assert official.gate["sha256"] == official.served.signature.sha256
    assert official.gate["passed"] is True
