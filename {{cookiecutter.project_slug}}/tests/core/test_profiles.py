"""Drift: nothing where nothing changed, and something wherever something did."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, params, profiles, schema, splitting

NUMBER = {"x": schema.Feature(kind="number", about="a number", nullable=True)}
WORD = {"x": schema.Feature(kind="category", about="a word", nullable=True)}
TRUTH = {"x": schema.Feature(kind="boolean", about="a boolean", nullable=True)}
DAY = {"x": schema.Feature(kind="date", about="a day", nullable=True)}
TYPES = {"number": "float64", "category": "str", "boolean": "boolean", "date": "datetime64[us]"}
NEW_YEAR, CHRISTMAS = pd.Timestamp("2013-01-01"), pd.Timestamp("2013-12-25")


def drift(then: list, now: list, features: dict[str, schema.Feature]) -> float:
    """Return the drift of one column."""
    kind = TYPES[features["x"].kind]
    before, after = (pd.DataFrame({"x": pd.Series(values, dtype=kind)}) for values in (then, now))
    return float(profiles.drift(profiles.profile(before, features), after)["x"])


def test_a_table_has_not_drifted_from_itself(made: SimpleNamespace):
    """Against the rows it was made from, every feature's index is zero."""
    found = profiles.drift(profiles.profile(made.table, made.schema.features), made.table)
    assert list(found.index) == list(made.schema.features)
    assert found.to_numpy() == pytest.approx(np.zeros(len(found)), abs=1e-12)


def test_a_profile_survives_its_file(made: SimpleNamespace, tmp_path: Path):
    """What is shipped as JSON measures the same as what was made in the notebook."""
    reference = profiles.profile(made.table, made.schema.features)
    data.save_json(reference, tmp_path / "profile.json")
    later = made.table.tail(300)
    pd.testing.assert_series_equal(
        profiles.drift(data.load_json(tmp_path / "profile.json"), later), profiles.drift(reference, later)
    )


def test_a_column_without_values_survives_its_file(tmp_path: Path):
    """A feature that was missing all through training can still be compared with what comes later."""
    empty = pd.DataFrame({"x": [np.nan] * 50})
    data.save_json(profiles.profile(empty, NUMBER), tmp_path / "profile.json")
    reference = data.load_json(tmp_path / "profile.json")
    assert profiles.drift(reference, empty)["x"] == pytest.approx(0)
    assert profiles.drift(reference, pd.DataFrame({"x": [1.0] * 50}))["x"] > 0.2


def test_the_shares_of_a_feature_add_up(made: SimpleNamespace):
    """Every row is in one bin: a number's, a level's, the others' or the missing ones'."""
    for entry in profiles.profile(made.table, made.schema.features).values():
        assert sum(entry["shares"]) == pytest.approx(1)


def test_the_index_is_the_one_worked_out_by_hand():
    """Half and half turned into four fifths and one fifth."""
    expected = (0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5)
    assert drift(["a", "b"] * 50, ["a"] * 80 + ["b"] * 20, WORD) == pytest.approx(expected)


@pytest.mark.parametrize("by", [-5.0, 5.0])
def test_only_the_column_that_moved_has_drifted(made: SimpleNamespace, by: float):
    """A shift of one column shows in this column, in either direction, and in no other."""
    found = profiles.drift(
        profiles.profile(made.table, made.schema.features), made.table.assign(amount=made.table.amount + by)
    )
    assert found["amount"] > 0.2
    assert found.drop("amount").to_numpy() == pytest.approx(np.zeros(len(found) - 1), abs=1e-12)


def test_a_larger_shift_is_a_larger_index(made: SimpleNamespace):
    """The index grows with the distance."""
    reference = profiles.profile(made.table, made.schema.features)
    found = [
        profiles.drift(reference, made.table.assign(amount=made.table.amount + by))["amount"] for by in (0, 1, 3, 6)
    ]
    assert found == sorted(found)
    assert found[1] > 0


def test_a_new_level_is_drift():
    """A category that training never saw is counted among the others."""
    assert drift(["a", "b"] * 50, ["a", "new"] * 50, WORD) > 0.2


def test_a_level_that_is_gone_is_drift():
    """So is one that no longer comes."""
    assert drift(["a", "b"] * 50, ["a"] * 100, WORD) > 0.2


def test_levels_beyond_the_commonest_are_counted_together():
    """With hundreds of levels the profile stays small, and the rare ones still don't drift by themselves."""
    many = [f"level {n}" for n in range(300) for _ in range(1 + (n < 10) * 20)]
    reference = profiles.profile(pd.DataFrame({"x": pd.Series(many, dtype="str")}), WORD)["x"]
    assert len(reference["shares"]) == profiles.LEVELS + 2
    assert sum(reference["shares"]) == pytest.approx(1)
    assert drift(many, many, WORD) == pytest.approx(0)


@pytest.mark.parametrize(("features", "value"), [(NUMBER, 1.0), (WORD, "a"), (TRUTH, True), (DAY, NEW_YEAR)])
def test_more_missing_values_are_drift(features: dict[str, schema.Feature], value: object):
    """A sensor that fails shows up, and so does one that begins to work."""
    full, gaps = [value] * 100, [value] * 50 + [None] * 50
    assert drift(gaps, gaps, features) == pytest.approx(0)
    assert drift(full, gaps, features) > 0.2
    assert drift(gaps, full, features) > 0.2


@pytest.mark.parametrize(("now", "drifted"), [(5.0, False), (4.0, True), (6.0, True)])
def test_a_constant_column_drifts_when_its_value_changes(now: float, drifted: bool):
    """A column that always held one value has drifted once it holds another, a higher one too."""
    assert (drift([5.0] * 100, [now] * 100, NUMBER) > 0.2) is drifted


def test_a_column_of_mostly_zeros_drifts_when_they_end():
    """Rain is zero in most hours; a month of daily rain is drift."""
    mostly = [0.0] * 97 + [0.2, 0.4, 0.6]
    assert drift(mostly, mostly, NUMBER) == pytest.approx(0)
    assert drift(mostly, [0.0] * 20 + [0.3] * 80, NUMBER) > 0.2


def test_booleans_drift_as_their_share_does():
    """True in half of the rows, and then in four fifths: the index of two levels, worked out by hand."""
    expected = (0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5)
    assert drift([True, False] * 50, [True] * 80 + [False] * 20, TRUTH) == pytest.approx(expected)
    assert drift([True] * 100, [True] * 100, TRUTH) == pytest.approx(0)
    assert drift([True] * 100, [False] * 100, TRUTH) > 0.2


def test_dates_drift_as_they_move_on():
    """The same days are no drift, a month later is, and so is the year that a misread day turns it into."""
    days = list(pd.date_range(NEW_YEAR, CHRISTMAS, periods=100).normalize())
    assert drift(days, days, DAY) == pytest.approx(0)
    assert drift(days, [day + pd.Timedelta(days=60) for day in days], DAY) > 0.2
    assert drift([NEW_YEAR] * 100, [CHRISTMAS] * 100, DAY) > 0.2


@pytest.mark.parametrize("given", ["2013-05-06", pd.Timestamp("2013-05-06").date(), pd.Timestamp("2013-05-06")])
def test_dates_are_compared_whatever_type_they_come_in(given: object):
    """A prediction log has text where the table had days."""
    reference = profiles.profile(pd.DataFrame({"x": pd.to_datetime(["2013-05-06"] * 50)}), DAY)
    assert profiles.drift(reference, pd.DataFrame({"x": [given] * 50}))["x"] == pytest.approx(0)


def test_a_profile_is_plain_numbers(made: SimpleNamespace):
    """Kind, cut points or levels, and shares for each feature: what is shipped has no pandas in it."""
    found = profiles.profile(made.table, made.schema.features)
    assert {name: entry["kind"] for name, entry in found.items()} == {
        n: f.kind for n, f in made.schema.features.items()
    }
    for entry in found.values():
        assert set(entry) == {"kind", "cuts", "shares"}
        assert {type(cut) for cut in entry["cuts"]} <= ({str} if entry["kind"] == "category" else {float})
        assert {type(share) for share in entry["shares"]} == {float}


def spanning(days: int, rows: int = 400, first: str = "2013-01-01") -> pd.DataFrame:
    """Return rows spread evenly over so many days."""
    start = pd.Timestamp(first, tz="UTC")
    return pd.DataFrame({"at": pd.date_range(start, start + pd.Timedelta(days=days), rows + 1, unit="us")[:-1]})


@pytest.mark.parametrize(
    ("days", "first", "names"),
    [
        (1, "2013-01-01", ["01 Jan"]),
        (3, "2013-01-31", ["31 Jan", "01 Feb", "02 Feb"]),
        (28, "2013-02-04", ["04 Feb", "11 Feb", "18 Feb", "25 Feb"]),
        (365, "2013-01-01", ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]),
        (120, "2013-11-01", ["Nov 13", "Dec 13", "Jan 14", "Feb 14"]),
        (730, "2013-01-01", ["Jan 13", "Apr 13", "Jul 13", "Oct 13", "Jan 14", "Apr 14", "Jul 14", "Oct 14"]),
        (3652, "2011-01-01", [str(year) for year in range(2011, 2021)]),
    ],
)
def test_time_is_cut_into_stretches_that_can_be_read(days: int, first: str, names: list[str]):
    """Days, weeks, months, quarters or years, each by a name that fits its unit, in their order."""
    found = profiles.stretches(spanning(days, first=first), "at")
    assert list(found) == names


@pytest.mark.parametrize("days", [2, 9, 14, 15, 40, 98, 99, 200, 365, 400, 700, 1200, 3000, 9000])
def test_stretches_hold_every_row_once_and_have_names_of_their_own(days: int):
    """Whatever the span, nothing is lost under a name that two stretches share."""
    table = spanning(days)
    found = profiles.stretches(table, "at")
    assert sum(map(len, found.values())) == len(table)
    assert len(found) <= profiles.MOST_GROUPS or days > 14 * 365
    assert pd.concat(found.values()).index.tolist() == table.index.tolist()


@pytest.mark.parametrize(("timed", "columns"), [(True, 12), (False, 3)])
def test_drift_is_told_for_each_stretch_or_part(
    each: SimpleNamespace, make_schema: Callable[..., schema.Schema], timed: bool, columns: int
):
    """By the month where there is a time, by the part where there is none; small where nothing moved."""
    known = make_schema(each.schema.task, timed)
    parts = splitting.split(each.table, params.Split(), known, seed=1)
    reference = profiles.profile(parts["train"], known.features)
    found = profiles.drifts(reference, parts, known)
    assert found.shape == (len(known.features), columns)
    assert list(found.columns)[:3] == (["Jan", "Feb", "Mar"] if timed else ["train", "holdout", "live"])
    assert found.notna().all(axis=None)
    assert timed or found["train"].max() < 1e-9


def test_a_feature_that_moves_away_shows_where_and_when(made: SimpleNamespace):
    """A shift in December is December's, and that feature's alone."""
    december = made.table["at"].dt.month == 12
    moved = made.table.assign(since=made.table.since.mask(december, pd.Timestamp("2024-02-29")))
    reference = profiles.profile(made.table, made.schema.features)
    found = profiles.drifts(reference, {"train": moved[~december], "live": moved[december]}, made.schema)
    assert found.stack().idxmax() == ("since", "Dec")
    assert found.loc["since", "Dec"] > 1
