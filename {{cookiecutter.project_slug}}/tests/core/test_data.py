"""Tables: what validation refuses, that files are whole or not there, and that training sees what serving sees."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, schema
from {{cookiecutter.__package}}.live.api import requests

Check = Callable[[pd.DataFrame], pd.DataFrame]
MakeSchema = Callable[..., schema.Schema]
MakeTable = Callable[..., pd.DataFrame]
FEATURES = ["amount", "reading", "colour", "note", "member", "checked", "since", "until"]


@pytest.fixture(scope="module")
def validated(made: SimpleNamespace) -> Check:
    """Validate a table against the schema of the made-up one."""
    return lambda table: data.validated(table, made.schema)


@pytest.mark.parametrize("timed", [True, False])
def test_a_good_table_passes_unchanged(each: SimpleNamespace, make_schema: MakeSchema, timed: bool):
    """Validation returns the very values it was given, for each task, with a time and without."""
    table = each.table if timed else each.table.drop(columns="at")
    pd.testing.assert_frame_equal(data.validated(table, make_schema(each.schema.task, timed)), table)


@pytest.mark.parametrize("column", [*FEATURES, "key", "at", "outcome"])
def test_a_missing_column_is_named(validated: Check, table: pd.DataFrame, column: str):
    """A table without a feature, its id, its time or its target is refused with the column's name."""
    with pytest.raises(data.DataError, match=rf"\b{column} is missing"):
        validated(table.drop(columns=column))


@pytest.mark.parametrize("day", ["0001-01-01", "1582-10-15", "9999-12-31"])
def test_any_day_of_the_calendar_is_a_date(validated: Check, table: pd.DataFrame, day: str):
    """The last day there is stands for "open end" in many tables, and stays what it is."""
    days = table.until.mask(table.index == 7, pd.Timestamp(day))
    assert str(validated(table.assign(until=days)).until[7].date()) == day


def test_a_table_without_a_time_needs_none(make_schema: MakeSchema, make_table: MakeTable):
    """Where rows have no order, nobody asks for a time."""
    untimed = make_schema(timed=False)
    assert "at" not in data.validated(make_table(50, untimed), untimed)


def test_every_missing_column_is_named(validated: Check, table: pd.DataFrame):
    """Two missing columns are two findings."""
    with pytest.raises(data.DataError, match=r"(?s)(?=.*\bamount\b)(?=.*\bcolour\b)"):
        validated(table.drop(columns=["amount", "colour"]))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("amount", 10.001, "is above 10"),
        ("amount", -0.001, "is below 0"),
        ("amount", np.nan, "has missing values"),
        ("amount", np.inf, "is above 10"),
        ("reading", np.inf, "is not finite"),
        ("reading", -np.inf, "is not finite"),
        ("colour", None, "has missing values"),
        ("member", None, "has missing values"),
        ("since", None, "has missing values"),
        ("at", None, "has missing values"),
        ("key", "row 0", "has duplicates"),
    ],
)
def test_one_wrong_value_names_its_column(validated: Check, table: pd.DataFrame, column: str, value: Any, said: str):
    """A value out of range, an infinity, a repeated id, or a gap where none is allowed: named, and in words."""
    wrong = table.assign(**{column: table[column].mask(table.index == 7, value)})
    with pytest.raises(data.DataError, match=rf"\b{column} {said}"):
        validated(wrong)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("amount", "plenty"),
        ("reading", "plenty"),
        ("colour", 3),
        ("note", 3),
        ("member", "perhaps"),
        ("checked", 7),
        ("since", "someday"),
        ("until", "someday"),
        ("at", "someday"),
    ],
)
def test_a_column_of_another_kind_is_refused(validated: Check, table: pd.DataFrame, column: str, values: Any):
    """Text isn't taken for numbers, numbers not for text, and neither for booleans or dates."""
    with pytest.raises(data.DataError, match=rf"\b{column} has values of the wrong type"):
        validated(table.assign(**{column: values}))


@pytest.mark.parametrize("value", [np.nan, None, "soon"])
def test_a_target_that_is_none_is_refused(each: SimpleNamespace, value: object):
    """A row without a target can neither teach nor test."""
    wrong = each.table.outcome.astype(object).mask(each.table.index == 3, value)
    with pytest.raises(data.DataError, match=r"\boutcome\b"):
        data.validated(each.table.assign(outcome=wrong), each.schema)


@pytest.mark.parametrize(("task", "code"), [("binary", -1), ("binary", 2), ("binary", 0.5), ("multiclass", 3)])
def test_a_target_that_is_no_class_is_refused(made_of: Callable[..., SimpleNamespace], task: str, code: float):
    """With two classes, the codes are 0 and 1; with three there is a 2."""
    chosen = made_of(task)
    wrong = chosen.table.outcome.astype(float).mask(chosen.table.index == 3, code)
    with pytest.raises(data.DataError, match="outcome is no class's number"):
        data.validated(chosen.table.assign(outcome=wrong), chosen.schema)


def test_an_infinite_target_is_refused(made_of: Callable[..., SimpleNamespace]):
    """No model can be fitted to infinity, and here is the place to say so."""
    chosen = made_of("regression")
    wrong = chosen.table.outcome.mask(chosen.table.index == 3, np.inf)
    with pytest.raises(data.DataError, match="outcome is not finite"):
        data.validated(chosen.table.assign(outcome=wrong), chosen.schema)


def test_at_most_five_columns_are_named(validated: Check, table: pd.DataFrame):
    """A table that is wrong all over gets a sentence that can still be read."""
    with pytest.raises(data.DataError) as refused:
        validated(table.drop(columns=FEATURES))
    assert str(refused.value).count(" is missing") == 5


def test_an_empty_table_is_refused_in_one_sentence(validated: Check, table: pd.DataFrame):
    """An empty table isn't valid, and the message says which notebook to look at."""
    with pytest.raises(data.DataError, match=r"^The table is empty: run 01_ingest again[^.]*\.$"):
        validated(table.head(0))


def test_a_sample_keeps_every_month(table: pd.DataFrame):
    """The smoke mode sees the whole year, in its order, and as many rows as it asked for."""
    found = data.sampled(table, 150)
    assert len(found) == 150
    assert found["at"].is_monotonic_increasing
    assert set(found["at"].dt.month) == set(range(1, 13))
    assert found.index.tolist() == list(range(150))


@pytest.mark.parametrize("rows", [None, 2000, 10**9])
def test_a_sample_as_large_as_the_table_is_the_table(table: pd.DataFrame, rows: int | None):
    """No number, or one that is too large, takes all rows."""
    pd.testing.assert_frame_equal(data.sampled(table, rows), table)


def test_a_sample_repeats_no_row(table: pd.DataFrame):
    """A sample of nearly everything still holds each row once at most."""
    assert data.sampled(table, 1999)["key"].is_unique


def test_training_and_serving_see_the_same_numbers(made: SimpleNamespace):
    """A table, and the same rows after a trip through a JSON request, become the very same arrays: every kind."""
    features, first = made.schema.features, made.table.head(500)
    trained = schema.columns(first, features)
    served = requests.RequestModel(features).decode(json.dumps({"rows": made.rows[:500]}).encode())
    framed = data.model_frame(first, features)
    assert list(trained) == list(served) == list(framed.columns) == FEATURES
    for name, values in trained.items():
        np.testing.assert_array_equal(served[name], values)
        np.testing.assert_array_equal(framed[name].to_numpy(), values.ravel())


def test_a_row_of_a_request_is_plain_json(made: SimpleNamespace):
    """Numbers, text, true and false, days as ISO text, and null for what is missing: nothing that JSON doesn't have."""
    row = made.rows[0]
    known = {"amount": float, "colour": str, "member": bool, "since": str}
    assert {name: type(row[name]) for name in known} == known
    assert row["since"] == made.table.since[0].date().isoformat()
    for name in ("reading", "note", "checked", "until"):
        gap = int(made.table[name].isna().to_numpy().nonzero()[0][0])
        assert made.rows[gap][name] is None
    json.dumps(made.rows, allow_nan=False)


@pytest.mark.parametrize("timed", [True, False])
def test_a_table_comes_back_from_its_file_as_it_was(
    make_schema: MakeSchema, make_table: MakeTable, tmp_path: Path, timed: bool
):
    """Parquet keeps types, times with their zone, days without one, and missing values."""
    table = make_table(200, make_schema(timed=timed))
    data.save_table(table, tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(data.load_table(tmp_path / "table.parquet"), table)


def test_json_keeps_what_it_is_given(tmp_path: Path):
    """Plain values come back as they were."""
    value = {"text": "°F ✈", "numbers": [1, 2.5, None], "nested": {"yes": True}}
    data.save_json(value, tmp_path / "value.json")
    assert data.load_json(tmp_path / "value.json") == value


def test_a_schema_comes_back_from_its_file_as_it_was(each: SimpleNamespace, tmp_path: Path):
    """What 01_ingest resolves is what every later stage reads, in the features' order."""
    data.save_json(each.schema, tmp_path / "schema.json")
    found = schema.load_schema(tmp_path / "schema.json")
    assert found == each.schema
    assert found.columns == [*["key", "at"], *FEATURES, "outcome"]


SAVERS = {"table": data.save_table, "bytes": data.save_bytes, "json": data.save_json}
GOOD = {"table": pd.DataFrame({"x": [1]}), "bytes": b"whole", "json": {"whole": True}}
LARGE = {
    "table": pd.DataFrame({"x": np.random.default_rng(1).random(9000)}),
    "bytes": bytes(50_000),
    "json": "x" * 50_000,
}


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file of this process grow beyond four thousand bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kind", SAVERS)
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, full_disk: None, kind: str):
    """A reader sees the whole old file or the whole new one, never half of either."""
    path = tmp_path / "file"
    SAVERS[kind](GOOD[kind], path)
    before = path.read_bytes()
    with pytest.raises(OSError, match="too large"):
        SAVERS[kind](LARGE[kind], path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", SAVERS)
def test_a_write_replaces_the_old_file_and_leaves_nothing_else(tmp_path: Path, kind: str):
    """No half-written file lies beside what was written, where it would be taken for an output."""
    path = tmp_path / "file"
    path.write_bytes(b"an old file")
    SAVERS[kind](GOOD[kind], path)
    assert path.read_bytes() != b"an old file"
    assert list(tmp_path.iterdir()) == [path]
