"""How the model of the flights behaves: what makes late, what doesn't, and what it leans on.

Every test runs on a model that is trained here on a sample, and on the official one once there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, explanations, export, model, params, schema, splitting
from {{cookiecutter.__package}}.live import runtime

ROOT = Path(__file__).resolve().parents[2]
if params.load_params(ROOT / "params.yaml").data.source != params.EXAMPLE:
    pytest.skip("params.yaml names a table of your own, and these tests ask about flights", allow_module_level=True)
TRAINED_ON = 30_000
ASKED = 4_000


@pytest.fixture(scope="session")
def parts(flight_table: pd.DataFrame, flight_schema: schema.Schema, real_params: params.Params) -> splitting.Parts:
    """The periods of the year."""
    return splitting.split(flight_table, real_params.split, flight_schema, real_params.seed)


@pytest.fixture(scope="session")
def june(parts: splitting.Parts) -> pd.DataFrame:
    """A sample of the month that no model has seen."""
    return data.sampled(parts["holdout"], ASKED)


@pytest.fixture(scope="session")
def fresh(
    parts: splitting.Parts, flight_schema: schema.Schema, real_params: params.Params, sign: Callable
) -> runtime.Model:
    """The model of params.yaml, trained on a sample of January to May and read back from its ONNX bytes."""
    learned = data.sampled(parts["train"], TRAINED_ON)
    frame = data.model_frame(learned, flight_schema.features)
    known = real_params.model, flight_schema.features, real_params.task, real_params.seed, frame
    fitted = model.fit(model.build_pipeline(*known), frame, learned[flight_schema.target].to_numpy())
    content = export.to_onnx(fitted, flight_schema.features, real_params.name)
    return runtime.Model(content, sign(content, flight_schema, real_params.name))


@pytest.fixture(scope="session", params=["trained on a sample", "official"])
def tested(request: pytest.FixtureRequest, fresh: runtime.Model) -> runtime.Model:
    """The model under test."""
    if request.param == "official":
        official: SimpleNamespace = request.getfixturevalue("official")
        return official.served
    return fresh


def spread(values: np.ndarray) -> float:
    """Return the distance between the first and the last decile."""
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high - low)


@pytest.mark.parametrize("text", ["ZZ", "", "é ✈ \u200b"])
def test_a_new_airline_or_airport_gets_a_sensible_answer(tested: runtime.Model, june: pd.DataFrame, text: str):
    """It stays within what the model says of the others."""
    known = tested.outcome(june)
    for name in ("carrier", "origin", "dest"):
        outcome = tested.outcome(june.assign(**{name: text}))
        assert known.min() - spread(known) <= outcome.mean() <= known.max() + spread(known)


def test_missing_weather_gets_a_sensible_answer(tested: runtime.Model, june: pd.DataFrame):
    """Each reading alone, and all of them at once, may be missing."""
    nullable = [name for name, feature in tested.signature.features.items() if feature.nullable]
    whole = tested.outcome(june)
    for names in [[name] for name in nullable] + [nullable]:
        answers = tested.outcome(june.assign(**dict.fromkeys(names, np.nan)))
        assert abs(answers.mean() - whole.mean()) < spread(whole)


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


def test_answers_differ_from_flight_to_flight(tested: runtime.Model, june: pd.DataFrame, flight_schema: schema.Schema):
    """A model that says the same to everybody has learned nothing."""
    outcome = tested.outcome(june)
    assert len(np.unique(outcome)) > 0.5 * len(outcome)
    assert outcome.std() > 0.1 * june[flight_schema.target].std()


def test_the_model_leans_on_more_than_one_thing(
    tested: runtime.Model, june: pd.DataFrame, flight_schema: schema.Schema, real_params: params.Params
):
    """The hour matters most of all in this data, and it is not alone."""
    frame, truth = data.model_frame(june, flight_schema.features), june[flight_schema.target].to_numpy()
    name, task, seed = real_params.evaluation.primary, real_params.task, real_params.seed
    leans = explanations.importance(tested.outcome, frame, truth, name, task, seed, rows=2000)
    assert leans["hour"].loss > leans["hour"].spread
    assert sum(one.loss > one.spread for one in leans.values()) >= 4
