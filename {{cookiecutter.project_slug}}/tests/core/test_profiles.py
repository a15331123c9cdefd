"""Drift: nothing where nothing changed, and something wherever something did."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, params, profiles, schema

NUMBER = {"x": schema.Feature(kind="number", about="a number", nullable=True)}
WORD = {"x": schema.Feature(kind="category", about="a word", nullable=True)}


def drift(then: list, now: list, features: dict[str, schema.Feature]) -> float:
    """Return the drift of one column."""
    kind = "float64" if features is NUMBER else "str"
    before, after = (pd.DataFrame({"x": pd.Series(values, dtype=kind)}) for values in (then, now))
    return float(profiles.drift(profiles.profile(before, features), after)["x"])


def test_a_table_has_not_drifted_from_itself(table: pd.DataFrame, quick_params: params.Params):
    """Against the rows it was made from, every feature's index is zero."""
    found = profiles.drift(profiles.profile(table, quick_params.features), table)
    assert list(found.index) == list(quick_params.features)
    assert found.to_numpy() == pytest.approx(np.zeros(len(found)), abs=1e-12)


def test_a_profile_survives_its_file(table: pd.DataFrame, quick_params: params.Params, tmp_path: Path):
    """What is shipped as JSON measures the same as what was made in the notebook."""
    reference = profiles.profile(table, quick_params.features)
    data.save_json(reference, tmp_path / "profile.json")
    later = table.tail(300)
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


def test_the_shares_of_a_feature_add_up(table: pd.DataFrame, quick_params: params.Params):
    """Every row is in one bin: a number's, a level's, the others' or the missing ones'."""
    for entry in profiles.profile(table, quick_params.features).values():
        assert sum(entry["shares"]) == pytest.approx(1)


def test_the_index_is_the_one_worked_out_by_hand():
    """Half and half turned into four fifths and one fifth."""
    expected = (0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5)
    assert drift(["a", "b"] * 50, ["a"] * 80 + ["b"] * 20, WORD) == pytest.approx(expected)


@pytest.mark.parametrize("by", [-5.0, 5.0])
def test_only_the_column_that_moved_has_drifted(table: pd.DataFrame, quick_params: params.Params, by: float):
    """A shift of one column shows in this column, in either direction, and in no other."""
    found = profiles.drift(profiles.profile(table, quick_params.features), table.assign(amount=table.amount + by))
    assert found["amount"] > 0.2
    assert found.drop("amount").to_numpy() == pytest.approx(np.zeros(len(found) - 1), abs=1e-12)


def test_a_larger_shift_is_a_larger_index(table: pd.DataFrame, quick_params: params.Params):
    """The index grows with the distance."""
    reference = profiles.profile(table, quick_params.features)
    found = [profiles.drift(reference, table.assign(amount=table.amount + by))["amount"] for by in (0, 1, 3, 6)]
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


@pytest.mark.parametrize(("features", "value"), [(NUMBER, 1.0), (WORD, "a")])
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
