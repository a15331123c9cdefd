"""The real table, all of it: one row a flight, and nothing in it that was known only later."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, params, schema, splitting
from {{cookiecutter.__package}}.core.sources import flights

SAMPLE = 500
ROOT = Path(__file__).resolve().parents[2]
if params.load_params(ROOT / "params.yaml").data.source != params.EXAMPLE:
    pytest.skip("params.yaml names a table of your own, and these tests look at the flights", allow_module_level=True)
Csvs = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def by_id(flight_table: pd.DataFrame, real_params: params.Params) -> pd.DataFrame:
    """The table, to be looked up by the flight."""
    return flight_table.set_index(real_params.data.id)


@pytest.fixture(scope="module")
def raw(csvs: Csvs) -> pd.DataFrame:
    """The raw flights under the same ids, made here without the package's own code."""
    listed = csvs["flights"]
    days = [f"{y}-{m:02d}-{d:02d}" for y, m, d in zip(listed.year, listed.month, listed.day, strict=True)]
    ids = [f"{a}-{b}{c}-{d}" for a, b, c, d in zip(days, listed.carrier, listed.flight, listed.origin, strict=True)]
    return listed.set_index(pd.Index(ids))


@pytest.fixture(scope="module")
def observed(csvs: Csvs) -> dict[str, pd.DataFrame]:
    """The raw observations of each airport by their local time, turned into UTC here."""
    weather = csvs["weather"]
    local = pd.to_datetime(weather[["year", "month", "day", "hour"]])
    # The hour that the clocks repeat in November is left out of what is checked.
    utc = local.dt.tz_localize("America/New_York", ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    known = weather.assign(seen=utc).dropna(subset="seen")
    return {origin: rows.sort_values("seen") for origin, rows in known.groupby("origin")}


def test_the_table_is_what_params_yaml_says(
    flight_table: pd.DataFrame, flight_schema: schema.Schema, raw_flights: pd.DataFrame
):
    """It passes the validation of 02_prepare, with every row of the source."""
    assert len(data.validated(flight_table, flight_schema)) == len(flight_table) == len(raw_flights)


def test_there_is_one_row_a_flight(flight_table: pd.DataFrame, real_params: params.Params):
    """No flight was doubled by the join, and no two share an id."""
    assert flight_table[real_params.data.id].is_unique


def test_exactly_the_flights_that_arrived_are_in(by_id: pd.DataFrame, raw: pd.DataFrame):
    """Cancelled and diverted flights have no target; all others are there."""
    assert set(by_id.index) == set(raw.index[raw.arr_delay.notna()])
    assert raw.arr_delay.isna().sum() > 5000


def test_nothing_known_only_later_is_in(flight_table: pd.DataFrame):
    """None of the columns that the take-off or the landing fills, nor the plane, which may be changed until then."""
    later = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time", "tailnum"}
    assert not later & set(flight_table.columns)


def test_no_feature_gives_the_target_away(flight_table: pd.DataFrame, flight_schema: schema.Schema):
    """Nothing known before a flight leaves is nearly its delay: a leak under another name would be."""
    numbers = schema.of_kind(flight_schema.features, "number")
    together = flight_table[numbers].corrwith(flight_table[flight_schema.target].astype(float)).abs()
    assert together.max() < 0.4


def test_the_target_is_the_delay_of_arrival(by_id: pd.DataFrame, raw: pd.DataFrame, real_params: params.Params):
    """Recomputed from the raw file for every flight."""
    delay = raw.arr_delay.loc[by_id.index]
    expected = delay > real_params.flights.late_after_minutes if real_params.task == "binary" else delay
    np.testing.assert_array_equal(by_id[real_params.data.target], expected.astype(float))


def test_the_time_is_the_scheduled_one(by_id: pd.DataFrame, raw: pd.DataFrame, real_params: params.Params):
    """Local time by the timetable, as UTC; what really happened doesn't matter."""
    listed = raw.loc[by_id.index]
    day = pd.to_datetime(listed[["year", "month", "day"]])
    minutes = pd.to_timedelta(listed.sched_dep_time // 100 * 60 + listed.sched_dep_time % 100, unit="min")
    utc = (day + minutes).dt.tz_localize("America/New_York").dt.tz_convert("UTC")
    assert (by_id[real_params.data.time] == utc).all()


def test_the_weather_was_known_before_the_question(
    by_id: pd.DataFrame, observed: dict[str, pd.DataFrame], real_params: params.Params
):
    """For a sample of the year: the joined values are those of the newest observation that is old enough."""
    lead = pd.Timedelta(hours=real_params.flights.weather_lead_hours)
    compared = 0
    for _, row in data.sampled(by_id.reset_index(), SAMPLE).iterrows():
        asked_at = row[real_params.data.time] - lead
        seen = observed[row.origin]
        place = seen.seen.searchsorted(asked_at, side="right") - 1
        if place < 0 or seen.seen.iloc[place] < asked_at - flights.OLDEST_WEATHER:
            assert row[flights.WEATHER].isna().all()
            continue
        assert seen.seen.iloc[place] <= asked_at
        np.testing.assert_array_equal(
            row[flights.WEATHER].astype(float), seen[flights.WEATHER].iloc[place].astype(float)
        )
        compared += 1
    assert compared > SAMPLE * 0.95


def test_nearly_every_flight_has_weather(flight_table: pd.DataFrame, real_params: params.Params):
    """The join works at each airport and in each month."""
    gaps = flight_table.visib.isna()
    for by in (flight_table.origin, flight_table[real_params.data.time].dt.month):
        assert gaps.groupby(by).mean().max() < 0.1


def test_every_part_has_its_rows(flight_table: pd.DataFrame, flight_schema: schema.Schema, real_params: params.Params):
    """None of the parts is empty or doubled, and each has thousands of rows."""
    parts = splitting.split(flight_table, real_params.split, flight_schema, real_params.seed)
    assert sum(map(len, parts.values())) <= len(flight_table)
    assert all(len(part) > 10_000 for part in parts.values())
    assert splitting.apart(parts, flight_schema)
