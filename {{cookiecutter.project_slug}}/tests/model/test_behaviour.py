"""How the model behaves, whatever its numbers are: invariance, direction, minimum function.

Every test runs on a model that is trained here on a sample, and on the official one once there is one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, evaluation, export, model, params, schema
from {{cookiecutter.__package}}.live import requests, runtime

TRAINED_ON = 30_000
ASKED = 4_000


@pytest.fixture(scope="session")
def parts(flight_table: pd.DataFrame, real_params: params.Params) -> dict[str, pd.DataFrame]:
    """The periods of the year."""
    return data.split_by_time(flight_table, real_params.split, real_params.data.time)


@pytest.fixture(scope="session")
def learned(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A sample of January to May."""
    return data.sampled(parts["train"], TRAINED_ON)


@pytest.fixture(scope="session")
def june(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A sample of the month that no model has seen."""
    return data.sampled(parts["holdout"], ASKED)


@pytest.fixture(scope="session")
def fresh(
    learned: pd.DataFrame,
    real_params: params.Params,
    sign: Callable[[bytes, params.Params], schema.Signature],
) -> runtime.Model:
    """The model of params.yaml, trained on the sample and read back from its ONNX bytes."""
    chosen = real_params.model, real_params.features, real_params.task, real_params.seed
    frame = data.model_frame(learned, real_params.features)
    fitted = model.fit(model.build_pipeline(*chosen), frame, learned[real_params.data.target].to_numpy())
    content = export.to_onnx(fitted, real_params.features, real_params.name)
    return runtime.Model(content, sign(content, real_params))


@pytest.fixture(scope="session", params=["trained on a sample", "official"])
def tested(request: pytest.FixtureRequest, project: Path, fresh: runtime.Model) -> runtime.Model:
    """The model under test."""
    if request.param == "official":
        if not (project / "models" / "model.onnx").exists():
            pytest.skip("run `make pipeline` to test the official model too")
        return runtime.load_model(project / "models")
    return fresh


def served(tested: runtime.Model, rows: list[dict[str, Any]]) -> np.ndarray:
    """Return the model's answers to a request, through all that a request goes through."""
    body = json.dumps({"rows": rows}).encode()
    return tested.predict(requests.RequestModel(tested.signature.features).decode(body)).raw


def spread(values: np.ndarray) -> float:
    """Return the distance between the first and the last decile."""
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high - low)


def test_the_order_of_features_does_not_matter(tested: runtime.Model, june: pd.DataFrame):
    """Neither in a request nor in a table."""
    rows = data.request_rows(june.head(200), tested.signature.features)
    turned = [dict(reversed(row.items())) for row in rows]
    np.testing.assert_array_equal(served(tested, turned), served(tested, rows))
    np.testing.assert_array_equal(tested.outcome(june[june.columns[::-1]]), tested.outcome(june))


def test_the_order_of_rows_does_not_matter(tested: runtime.Model, june: pd.DataFrame):
    """Each row is answered by itself."""
    shuffled = june.sample(frac=1, random_state=1)
    np.testing.assert_array_equal(tested.outcome(shuffled), tested.outcome(june)[shuffled.index])


def test_one_row_is_answered_as_in_a_batch(tested: runtime.Model, june: pd.DataFrame):
    """A request for one flight and one for hundreds agree on it."""
    rows = data.request_rows(june.head(100), tested.signature.features)
    alone = np.concatenate([served(tested, [row]) for row in rows])
    np.testing.assert_array_equal(alone, served(tested, rows))


def test_what_the_model_does_not_know_does_not_matter(
    tested: runtime.Model, june: pd.DataFrame, real_params: params.Params
):
    """Id, time and target are no features."""
    special = real_params.data
    blank = june.assign(**{special.id: "x", special.time: pd.NaT, special.target: 0})
    np.testing.assert_array_equal(tested.outcome(blank), tested.outcome(june))


@pytest.mark.parametrize("text", ["ZZ", "", "é ✈ \u200b"])
def test_an_unseen_category_gets_a_sensible_answer(tested: runtime.Model, june: pd.DataFrame, text: str):
    """A new airline or airport is answered, and stays within what the model says of the others."""
    known = tested.outcome(june)
    for name in ("carrier", "origin", "dest"):
        outcome = tested.outcome(june.assign(**{name: text}))
        assert np.isfinite(outcome).all()
        assert known.min() - spread(known) <= outcome.mean() <= known.max() + spread(known)


def test_missing_weather_gets_a_sensible_answer(tested: runtime.Model, june: pd.DataFrame):
    """Each reading alone, and all of them at once, may be missing."""
    nullable = [name for name, feature in tested.signature.features.items() if feature.nullable]
    rows = data.request_rows(june.head(200), tested.signature.features)
    whole = served(tested, rows)
    for names in [[name] for name in nullable] + [nullable]:
        answers = served(tested, [{**row, **dict.fromkeys(names)} for row in rows])
        assert np.isfinite(answers).all()
        assert abs(answers[:, -1].mean() - whole[:, -1].mean()) < spread(tested.outcome(june))


def test_evenings_are_later_than_mornings(tested: runtime.Model, june: pd.DataFrame):
    """Delays add up over the day, so that the same flights would be later at seven in the evening than at six."""
    morning, evening = (tested.outcome(june.assign(hour=hour)) for hour in (6.0, 19.0))
    assert evening.mean() > morning.mean() + 0.2 * spread(tested.outcome(june))


def test_lateness_grows_through_the_day(tested: runtime.Model, june: pd.DataFrame):
    """Not only at its ends."""
    through = [tested.outcome(june.assign(hour=hour)).mean() for hour in (6.0, 10.0, 14.0, 18.0)]
    assert through == sorted(through)


def test_rain_makes_later(tested: runtime.Model, june: pd.DataFrame):
    """Half an inch an hour, against none, for the same flights."""
    dry, wet = (tested.outcome(june.assign(precip=inches)) for inches in (0.0, 0.5))
    assert wet.mean() > dry.mean()


def test_fog_makes_later(tested: runtime.Model, june: pd.DataFrame):
    """Half a mile of sight, against ten, for the same flights."""
    clear, fog = (tested.outcome(june.assign(visib=miles)) for miles in (10.0, 0.5))
    assert fog.mean() > clear.mean()


def test_bad_weather_altogether_makes_clearly_later(tested: runtime.Model, june: pd.DataFrame):
    """Rain, fog and wind at once."""
    fine = tested.outcome(june.assign(precip=0.0, visib=10.0, wind_speed=5.0, humid=50.0))
    foul = tested.outcome(june.assign(precip=0.5, visib=0.5, wind_speed=30.0, humid=98.0))
    assert foul.mean() > fine.mean() + 0.1 * spread(tested.outcome(june))


def test_the_model_beats_the_simplest_guess(
    tested: runtime.Model, learned: pd.DataFrame, june: pd.DataFrame, real_params: params.Params
):
    """On a month that it has never seen, by the metric that counts."""
    chosen, task, target = real_params.evaluation, real_params.task, real_params.data.target
    _, guess = evaluation.baseline(learned, june, target, chosen, task)
    truth = june[target].to_numpy()
    found, simple = (evaluation.scores(truth, outcome, task) for outcome in (tested.outcome(june), guess))
    assert evaluation.beats(chosen.primary, task, found, simple), (found, simple)


def test_answers_have_the_form_of_their_task(tested: runtime.Model, june: pd.DataFrame):
    """Probabilities are between 0 and 1 and add up to 1; numbers are finite."""
    answer = tested.answer(june)
    assert np.isfinite(answer.raw).all()
    if tested.signature.classes:
        assert set(answer.values) <= set(tested.signature.classes)
        assert ((answer.raw >= 0) & (answer.raw <= 1)).all()
        np.testing.assert_allclose(answer.raw.sum(axis=1), 1, atol=1e-6)
    else:
        assert answer.probabilities is None


def test_answers_differ_from_flight_to_flight(tested: runtime.Model, june: pd.DataFrame, real_params: params.Params):
    """A model that says the same to everybody has learned nothing."""
    outcome = tested.outcome(june)
    assert len(np.unique(outcome)) > 0.5 * len(outcome)
    assert outcome.std() > 0.1 * june[real_params.data.target].std()


def test_the_model_leans_on_more_than_one_thing(tested: runtime.Model, june: pd.DataFrame, real_params: params.Params):
    """The hour matters most of all in this data, and it is not alone."""
    frame, truth = data.model_frame(june, tested.signature.features), june[real_params.data.target].to_numpy()
    name, task, seed = real_params.evaluation.primary, real_params.task, real_params.seed
    leans = evaluation.importance(tested.outcome, frame, truth, name, task, seed, rows=2000)
    assert leans["hour"] > 0
    assert (leans > 0).sum() >= 4
