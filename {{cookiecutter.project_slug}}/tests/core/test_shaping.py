"""The prepared table: the schema's columns, in its types and its order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import shaping, values
from {{cookiecutter.__package}}.core.schema import Feature, Schema

ROWS = 24
GAP = {"kind": "number", "nullable": True}


def shaped(
    columns: dict[str, Any], kinds: dict[str, str] | None = None, classes: tuple[str, ...] = ("no", "yes"), **roles: Any
) -> pd.DataFrame:
    """Shape a table of twenty-four rows."""
    raw = pd.DataFrame({"won": ["no", "yes"] * (ROWS // 2), "extra": 1} | columns)
    features = {name: Feature(kind=kind, nullable=True) for name, kind in (kinds or {}).items()}
    chosen = {"id": "row_number", "time": None, "task": "binary" if classes else "regression", **roles}
    return shaping.shaped(raw, Schema(target="won", classes=classes, features=features, **chosen))


def test_it_has_the_columns_of_the_schema_alone():
    """In its order: id, time, features, target."""
    days = pd.date_range("2024-01-01", periods=ROWS)
    found = shaped({"b": 1, "a": 2, "day": days}, {"b": "number", "a": "number"}, time="day")
    assert list(found.columns) == ["row_number", "day", "b", "a", "won"]
    assert found.index.tolist() == list(range(ROWS))


KINDS = {
    "number": ([1, 2, None], "float64", [1.0, 2.0, None]),
    "number in words": (["1", "2.5", ""], "float64", [1.0, 2.5, None]),
    "number from truth": ([True, False, True], "float64", [1.0, 0.0, 1.0]),
    "category": (["a", "", None], "str", ["a", None, None]),
    "category of numbers": ([1.0, 2.0, None], "str", ["1", "2", None]),
    "category of whole numbers": ([7, 8, 9], "str", ["7", "8", "9"]),
    "category from pandas": (pd.Categorical(["a", "b", "a"]), "str", ["a", "b", "a"]),
    "boolean": ([True, False, None], "boolean", [True, False, None]),
    "boolean in words": (["Yes", "NO", ""], "boolean", [True, False, None]),
    "boolean in numbers": ([1.0, 0.0, None], "boolean", [True, False, None]),
    "date": (
        ["2024-02-29", "2024-03-01T23:59:59", None],
        "datetime64[us]",
        [pd.Timestamp("2024-02-29"), pd.Timestamp("2024-03-01"), None],
    ),
}


@pytest.mark.parametrize(("given", "kind", "expected"), KINDS.values(), ids=KINDS)
def test_a_feature_has_the_type_of_its_kind(given: Any, kind: str, expected: list[Any], request: Any):
    """Whatever the raw column was, as long as it means that."""
    name = request.node.callspec.id.split()[0]
    found = shaped({"x": pd.Series(list(given) * (ROWS // 3))}, {"x": name}).x
    assert str(found.dtype) == kind
    assert [None if pd.isna(value) else value for value in found.head(3).tolist()] == expected


TIMES = {
    "ISO with a zone": (
        ["2024-03-01T12:00:00+0200", "2024-03-02T12:00:00Z"],
        ["2024-03-01 10:00", "2024-03-02 12:00"],
    ),
    "ISO without": (["2024-03-01 12:00:00", "2024-03-02"], ["2024-03-01 12:00", "2024-03-02 00:00"]),
    "slashes from the year": (["2024/03/01 12:00", "2024/03/02 13:30"], ["2024-03-01 12:00", "2024-03-02 13:30"]),
    "dots": (["01.03.2024 12:00", "02.03.2024 00:30"], ["2024-03-01 12:00", "2024-03-02 00:30"]),
    "day first for certain": (["01/03/2024", "13/03/2024"], ["2024-03-01 00:00", "2024-03-13 00:00"]),
    "month first for certain": (["03/01/2024 1:30 PM", "03/13/2024 1:30 AM"], ["2024-03-01 13:30", "2024-03-13 01:30"]),
    "months in words": (["1 Mar 2024", "13 Apr 2024"], ["2024-03-01 00:00", "2024-04-13 00:00"]),
    "days as numbers": ([20240301, 20240313], ["2024-03-01 00:00", "2024-03-13 00:00"]),
    "years": ([2023, 2024], ["2023-01-01 00:00", "2024-01-01 00:00"]),
    "seconds since 1970": ([1709294400, 1709380800], ["2024-03-01 12:00", "2024-03-02 12:00"]),
    "milliseconds": ([1709294400000, 1709380800000], ["2024-03-01 12:00", "2024-03-02 12:00"]),
}


@pytest.mark.parametrize(("given", "expected"), TIMES.values(), ids=TIMES)
def test_a_time_is_read_in_the_usual_ways(given: list[Any], expected: list[str]):
    """What has no zone is UTC."""
    found = values.moments(pd.Series(given, name="at"))
    assert str(found.dtype) == "datetime64[us, UTC]"
    assert found.dt.strftime("%Y-%m-%d %H:%M").tolist() == expected


def test_rows_are_in_the_order_of_time_and_id():
    """Whatever order they came in; the same rows in another order are the same table."""
    days = pd.Series(pd.date_range("2024-01-01", periods=ROWS // 2).repeat(2))
    raw = {"key": [f"k{n:02d}" for n in range(ROWS)], "day": days, "x": np.arange(ROWS), "won": ["no", "yes"] * 12}
    turned = {name: list(column)[::-1] for name, column in raw.items()}
    one, other = (shaped(columns, {"x": "number"}, id="key", time="day") for columns in (raw, turned))
    pd.testing.assert_frame_equal(one, other)
    assert one.key.tolist() == sorted(raw["key"])


def test_without_a_time_rows_stay_as_they_came():
    """And are numbered if they have no id."""
    found = shaped({"x": np.arange(ROWS)[::-1]}, {"x": "number"})
    assert found.x.tolist() == list(range(ROWS))[::-1]
    assert found.row_number.tolist() == list(range(ROWS))


def test_rows_without_a_target_are_left_out():
    """The others are numbered without a gap."""
    found = shaped({"won": [None, "", *["no", "yes"] * 11], "x": range(ROWS)}, {"x": "number"})
    assert found.x.tolist() == list(range(2, ROWS))
    assert found.row_number.tolist() == list(range(ROWS - 2))


@pytest.mark.parametrize(
    ("given", "kind", "first"),
    [(range(5, 5 + ROWS), "int64", 5), ([f"00{n}" for n in range(ROWS)], "str", "000"), (np.arange(24.0), "int64", 0)],
)
def test_an_id_is_a_whole_number_or_text(given: Any, kind: str, first: Any):
    """As it is in the table."""
    found = shaped({"key": given}, id="key").key
    assert (str(found.dtype), found.iloc[0]) == (kind, first)


TARGETS = {
    "names": ["no", "yes", "yes"],
    "numbers": [0, 1, 1],
    "fractions": [0.0, 1.0, 1.0],
    "truth": [False, True, True],
    "numbers in words": ["0", "1", "1"],
    "truth in words": ["False", "True", "True"],
}


@pytest.mark.parametrize("given", TARGETS.values(), ids=TARGETS)
def test_a_class_is_its_place_among_the_classes(given: list[Any]):
    """A target holds their names, or these places themselves."""
    found = shaped({"won": given * 8}).won
    assert found.dtype == np.int64
    assert found.tolist() == [0, 1, 1] * 8


def test_a_name_goes_before_a_place():
    """Where the classes are called 1 and 0, a 1 is the first of them."""
    assert shaped({"won": [1, 0, 0] * 8}, classes=("1", "0")).won.tolist() == [0, 1, 1] * 8


def test_the_target_of_a_regression_is_a_number():
    """Gaps are left out, whole numbers become fractions."""
    found = shaped({"won": [None, *range(ROWS - 1)]}, classes=()).won
    assert found.dtype == np.float64
    assert found.tolist() == [float(n) for n in range(ROWS - 1)]


def test_the_raw_table_is_left_as_it_was():
    """Shaping makes a table of its own."""
    raw = pd.DataFrame({"won": ["no", "yes"] * 12, "x": ["1", ""] * 12})
    before = raw.copy(deep=True)
    schema = Schema(
        task="binary", id="row_number", time=None, target="won", classes=("no", "yes"), features={"x": Feature(**GAP)}
    )
    shaping.shaped(raw, schema)
    pd.testing.assert_frame_equal(raw, before)
