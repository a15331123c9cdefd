"""The one schema: what is made of values before a model sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import schema

NUMBER = schema.Feature(kind="number", about="a number", nullable=True)
WORD = schema.Feature(kind="category", about="a word", nullable=True)
TRUTH = schema.Feature(kind="boolean", about="a boolean", nullable=True)
DAY = schema.Feature(kind="date", about="a day", nullable=True)
NAN = float("nan")
# 2026-01-31, counted by hand: 56 years, 14 of them leap years, and thirty days.
JANUARY = 56 * 365 + 14 + 30


@pytest.mark.parametrize(
    ("feature", "given", "expected"),
    [
        pytest.param(NUMBER, [1, 2.5, None, NAN], [1, 2.5, NAN, NAN], id="numbers"),
        pytest.param(NUMBER, pd.Series([1, None], dtype="Int64"), [1, NAN], id="nullable integers"),
        pytest.param(NUMBER, pd.Series([1.5, None], dtype="Float64"), [1.5, NAN], id="nullable fractions"),
        pytest.param(NUMBER, pd.Series([1, 2], dtype="int8"), [1, 2], id="small integers"),
        pytest.param(TRUTH, [True, False, None], [1, 0, NAN], id="booleans"),
        pytest.param(TRUTH, pd.Series([True, None, False], dtype="boolean"), [1, NAN, 0], id="nullable booleans"),
        pytest.param(TRUTH, pd.Series([True, False]), [1, 0], id="plain booleans"),
        pytest.param(TRUTH, pd.Series([True, None], dtype=object), [1, NAN], id="booleans as objects"),
        pytest.param(DAY, ["2026-01-31", None, "1969-12-31"], [JANUARY, NAN, -1], id="ISO texts"),
        pytest.param(DAY, [date(2026, 1, 31), None], [JANUARY, NAN], id="dates"),
        pytest.param(DAY, [datetime(2026, 1, 31, 23, 59), None], [JANUARY, NAN], id="moments"),
        pytest.param(DAY, [pd.Timestamp("2026-01-31"), pd.NaT], [JANUARY, NAN], id="timestamps"),
        pytest.param(DAY, pd.Series(["2026-01-31", None], dtype="str"), [JANUARY, NAN], id="a column of texts"),
        pytest.param(DAY, pd.Series([date(2026, 1, 31), None]), [JANUARY, NAN], id="a column of dates"),
        pytest.param(DAY, pd.to_datetime(["2026-01-31", None]), [JANUARY, NAN], id="an index of dates"),
        pytest.param(DAY, pd.Series(pd.to_datetime(["2026-01-31", None])), [JANUARY, NAN], id="a datetime column"),
        pytest.param(DAY, [None, None], [NAN, NAN], id="no date at all"),
        pytest.param(DAY, [NAN, None], [NAN, NAN], id="NaN for a date"),
        pytest.param(NUMBER, [None], [NAN], id="no number at all"),
        pytest.param(TRUTH, [None], [NAN], id="no boolean at all"),
    ],
)
def test_values_become_float32_and_what_is_missing_becomes_nan(
    feature: schema.Feature, given: Any, expected: list[float]
):
    """Numbers as they are, booleans 0 or 1, dates as days since 1970, whatever type they came in."""
    found = schema.columns({"x": given}, {"x": feature})["x"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float32).reshape(-1, 1))


@pytest.mark.parametrize(
    "given", [["é ✈", "", None, NAN, pd.NA], pd.Series(["é ✈", "", None, None, None], dtype="str")]
)
def test_words_stay_and_what_is_missing_becomes_empty(given: Any):
    """A category arrives as text; None, NaN and pandas' own missing value are all the empty text."""
    found = schema.columns({"w": given}, {"w": WORD})["w"]
    assert found.dtype == object
    assert found.ravel().tolist() == ["é ✈", "", "", "", ""]


def test_what_columns_return_they_take(made: SimpleNamespace):
    """Twice is once, for every kind: a frame for scikit-learn can be asked as the raw table can."""
    features = made.schema.features
    once = schema.columns(made.table, features)
    for again in (
        schema.columns({name: values.ravel() for name, values in once.items()}, features),
        schema.columns(made.frame, features),
    ):
        for name, values in once.items():
            np.testing.assert_array_equal(again[name], values)
            assert again[name].dtype == values.dtype


@pytest.mark.parametrize("day", ["0001-01-01", "1900-02-28", "2000-02-29", "9999-12-31"])
def test_days_are_exact_from_the_first_to_the_last(day: str):
    """float32 counts every day of the calendar, and gives it back."""
    (found,) = schema.days(np.array([day], dtype=object))
    assert str(np.datetime64(int(found), "D")) == day


def test_no_value_makes_no_rows():
    """An empty column is an empty array of the right type."""
    for feature, kind in ((NUMBER, np.float32), (WORD, object), (TRUTH, np.float32), (DAY, np.float32)):
        found = schema.columns({"x": []}, {"x": feature})["x"]
        assert (found.shape, found.dtype) == ((0, 1), kind)


def test_there_is_a_column_for_each_feature_in_the_features_order():
    """What the model doesn't know is left out, and the order of the table doesn't matter."""
    found = schema.columns({"other": [9, 9], "n": [1, 2], "w": ["a", "b"]}, {"w": WORD, "n": NUMBER})
    assert list(found) == ["w", "n"]
    assert {values.shape for values in found.values()} == {(2, 1)}


def test_a_missing_column_is_named(made: SimpleNamespace):
    """A table without a feature is refused with the feature's name."""
    with pytest.raises(schema.SchemaError, match="lacks the feature 'amount'"):
        schema.columns(made.table.drop(columns="amount"), made.schema.features)


def test_features_are_found_by_their_kind(made: SimpleNamespace):
    """In the order of the schema, for one kind or several."""
    features = made.schema.features
    assert schema.of_kind(features, "boolean") == ["member", "checked"]
    assert schema.of_kind(features, "date", "number") == ["amount", "reading", "since", "until"]


@pytest.mark.parametrize(("timed", "time"), [(True, ["at"]), (False, [])])
def test_a_schema_lists_the_columns_of_its_table(
    make_schema: Callable[..., schema.Schema], timed: bool, time: list[str]
):
    """Id, time if there is one, features, target."""
    known = make_schema(timed=timed)
    assert known.columns == ["key", *time, *known.features, "outcome"]


def test_the_hash_is_sha_256():
    """The identity of a model is what `sha256sum` prints."""
    assert schema.sha256(b"bytes of a model") == hashlib.sha256(b"bytes of a model").hexdigest()
