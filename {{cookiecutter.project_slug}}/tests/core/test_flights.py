"""How flights and weather become one table, on a handful of them; tests/data looks at all of them."""

from __future__ import annotations

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import params
from {{cookiecutter.__package}}.core.sources import flights

OPTIONS = params.Flights(late_after_minutes=15, weather_lead_hours=2)
NOON = pd.Timestamp("2013-03-05T12:00:00Z")


@pytest.fixture
def special() -> params.Data:
    """Columns under names of their own, for a classification."""
    names = {"id": "key", "time": "leaves", "target": "tardy"}
    return params.Data(source=params.EXAMPLE, **names, classes=("on time", "late"))


def a_flight(**changes: object) -> dict[str, object]:
    """Return a row of flights.csv: a flight from JFK at 12:30 UTC that arrives as scheduled."""
    row = {"year": 2013, "month": 3, "day": 5, "sched_dep_time": 730, "hour": 7, "minute": 30, "sched_arr_time": 1030}
    later = {"dep_time": 731.0, "dep_delay": 1.0, "arr_time": 1030.0, "arr_delay": 0.0, "air_time": 150.0}
    named = {"carrier": "AA", "flight": 1, "tailnum": "N1", "origin": "JFK", "dest": "MIA", "distance": 1089}
    return {**row, **later, **named, "time_hour": "2013-03-05T12:00:00Z", **changes}


def an_observation(hours: float, origin: str = "JFK", **changes: object) -> dict[str, object]:
    """Return a row of weather.csv, seen `hours` after noon, which is marked by its temperature."""
    values = dict.fromkeys(flights.WEATHER, 1.0)
    return {"origin": origin, "time_hour": str(NOON + pd.Timedelta(hours=hours)), **values, "temp": hours, **changes}


def joined(trips: list[dict], seen: list[dict], special: params.Data, lead: int = 2) -> pd.DataFrame:
    """Return the table of these flights and observations."""
    options = msgspec.structs.replace(OPTIONS, weather_lead_hours=lead)
    return flights.flights_with_weather(pd.DataFrame(trips), pd.DataFrame(seen), special, options)


@pytest.mark.parametrize(
    ("lead", "temp"),
    [(0, 0.0), (1, -1.0), (2, -2.0), (3, -3.0)],
)
def test_the_newest_weather_that_is_old_enough_is_taken(special: params.Data, lead: int, temp: float):
    """A flight at 12:30 asked about two hours before knows the weather of 10:00, not that of 11:00."""
    seen = [an_observation(hours) for hours in (-4, -3, -2, -1, 0, 1)]
    assert joined([a_flight()], seen, special, lead).temp.tolist() == [temp]


def test_an_observation_of_just_that_age_counts(special: params.Data):
    """What was seen at the very moment of asking is known."""
    trip = a_flight(minute=0, sched_dep_time=700)
    assert joined([trip], [an_observation(-2), an_observation(-3)], special).temp.tolist() == [-2.0]


def test_weather_of_after_the_question_changes_nothing(special: params.Data):
    """Whatever is observed once the question was asked, the row stays as it is."""
    known = [an_observation(-5), an_observation(-2)]
    later = [an_observation(hours, temp=99.0) for hours in (-1.4, -1, 0, 0.5, 3)]
    pd.testing.assert_frame_equal(joined([a_flight()], known + later, special), joined([a_flight()], known, special))


def test_old_weather_counts_as_missing(special: params.Data):
    """What was seen more than six hours before the question is no longer the weather."""
    kept = joined([a_flight()], [an_observation(-7.5)], special)
    dropped = joined([a_flight()], [an_observation(-7.6)], special)
    assert kept.temp.tolist() == [-7.5]
    assert dropped[flights.WEATHER].isna().all(axis=None)


def test_the_weather_of_another_airport_is_not_taken(special: params.Data):
    """Each airport has its own weather, or none."""
    found = joined([a_flight()], [an_observation(-2, origin="EWR")], special)
    assert found.temp.isna().tolist() == [True]


def test_a_flight_that_never_arrived_is_left_out(special: params.Data):
    """Cancelled and diverted flights have no target."""
    found = joined([a_flight(), a_flight(flight=2, arr_delay=np.nan)], [an_observation(-2)], special)
    assert found.key.tolist() == ["2013-03-05-AA1-JFK"]


def test_cancelled_flights_still_crowd_the_airport(special: params.Data):
    """The timetable is known beforehand, so a flight counts as a departure whether it will take place or not."""
    trips = [a_flight(), a_flight(flight=2, arr_delay=np.nan), a_flight(flight=3, origin="EWR")]
    found = joined(trips, [an_observation(-2)], special).set_index("key").departures
    assert found.to_dict() == {"2013-03-05-AA1-JFK": 2.0, "2013-03-05-AA3-EWR": 1.0}


@pytest.mark.parametrize(("delay", "late"), [(-20.0, "on time"), (15.0, "on time"), (16.0, "late")])
def test_late_means_more_than_the_limit(special: params.Data, delay: float, late: str):
    """Fifteen minutes are still on time."""
    assert joined([a_flight(arr_delay=delay)], [an_observation(-2)], special).tardy.tolist() == [late]


def test_without_classes_the_target_is_the_delay(special: params.Data):
    """A regression learns the minutes themselves."""
    plain = msgspec.structs.replace(special, classes=())
    assert joined([a_flight(arr_delay=-12.0)], [an_observation(-2)], plain).tardy.tolist() == [-12.0]


def test_nothing_that_is_known_only_later_is_kept(special: params.Data):
    """The columns are id, time, target, the timetable and the weather."""
    timetable = ["carrier", "origin", "dest", "hour", "weekday", "distance", "departures"]
    found = joined([a_flight()], [an_observation(-2)], special)
    assert sorted(found.columns) == sorted(["key", "leaves", "tardy", *timetable, *flights.WEATHER])


def test_what_the_timetable_says_arrives(special: params.Data):
    """Hour and weekday are local, the time is UTC."""
    row = joined([a_flight()], [an_observation(-2)], special).iloc[0]
    assert row.leaves == NOON + pd.Timedelta(minutes=30)
    assert (row.hour, row.weekday, row.distance, row.dest) == (7.0, 1.0, 1089.0, "MIA")


def test_rows_are_in_the_order_of_time(special: params.Data):
    """Whatever order the flights are listed in."""
    trips = [a_flight(flight=n, minute=minute, sched_dep_time=700 + minute) for n, minute in ((1, 50), (2, 5), (3, 20))]
    assert joined(trips, [an_observation(-2)], special).leaves.dt.minute.tolist() == [5, 20, 50]


def test_the_weather_may_be_listed_in_any_order(special: params.Data):
    """The join sorts for itself."""
    seen = [an_observation(hours) for hours in (-2, -5, -1, -3)]
    assert joined([a_flight()], seen, special).temp.tolist() == [-2.0]
