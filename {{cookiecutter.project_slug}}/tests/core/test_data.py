"""Tables: what validation refuses, how a year is split, and that training sees what serving sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, params, schema
from {{cookiecutter.__package}}.live import requests

Check = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="module")
def validated(quick_params: params.Params) -> Check:
    """Validate a table against params.yaml."""
    return lambda table: data.validated(table, quick_params.data, quick_params.features, quick_params.task)


def test_a_good_table_passes_unchanged(validated: Check, table: pd.DataFrame):
    """Validation returns the very values it was given."""
    pd.testing.assert_frame_equal(validated(table), table)


@pytest.mark.parametrize("column", ["amount", "reading", "colour", "note"])
def test_a_missing_feature_is_named(validated: Check, table: pd.DataFrame, column: str):
    """A table without one of the features is refused with its name."""
    with pytest.raises(data.DataError, match=rf"\b{column}\b"):
        validated(table.drop(columns=column))


@pytest.mark.parametrize("special", ["id", "time", "target"])
def test_a_missing_special_column_is_named(
    validated: Check, table: pd.DataFrame, quick_params: params.Params, special: str
):
    """So is a table without its id, its time or its target."""
    column = getattr(quick_params.data, special)
    with pytest.raises(data.DataError, match=rf"\b{column}\b"):
        validated(table.drop(columns=column))


def test_every_missing_column_is_named(validated: Check, table: pd.DataFrame):
    """Two missing columns are two findings."""
    with pytest.raises(data.DataError, match=r"(?s)(?=.*\bamount\b)(?=.*\bcolour\b)"):
        validated(table.drop(columns=["amount", "colour"]))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("amount", 10.001),
        ("amount", -0.001),
        ("amount", np.nan),
        ("amount", np.inf),
        ("reading", np.inf),
        ("reading", -np.inf),
        ("colour", None),
    ],
)
def test_one_wrong_value_names_its_column(validated: Check, table: pd.DataFrame, column: str, value: float | None):
    """A value out of range, an infinity, or a gap where none is allowed: the column is named."""
    wrong = table.assign(**{column: table[column].mask(table.index == 7, value)})
    with pytest.raises(data.DataError, match=rf"\b{column}\b"):
        validated(wrong)


@pytest.mark.parametrize("column", ["amount", "reading"])
def test_words_where_numbers_belong_are_refused(validated: Check, table: pd.DataFrame, column: str):
    """A column of text isn't taken for numbers."""
    with pytest.raises(data.DataError, match=rf"\b{column}\b"):
        validated(table.assign(**{column: "plenty"}))


def test_numbers_where_words_belong_are_refused(validated: Check, table: pd.DataFrame):
    """A column of numbers isn't taken for categories."""
    with pytest.raises(data.DataError, match=r"\bcolour\b"):
        validated(table.assign(colour=3))


@pytest.mark.parametrize("value", [np.nan, None, "soon"])
def test_a_target_that_is_none_is_refused(
    validated: Check, table: pd.DataFrame, quick_params: params.Params, value: object
):
    """A row without a target can neither teach nor test."""
    target = quick_params.data.target
    wrong = table[target].astype(object).mask(table.index == 3, value)
    with pytest.raises(data.DataError, match=rf"\b{target}\b"):
        validated(table.assign(**{target: wrong}))


@pytest.mark.parametrize("code", [-1, 2, 0.5])
def test_a_target_that_is_no_class_is_refused(table: pd.DataFrame, quick_params: params.Params, code: float):
    """With two classes, the codes are 0 and 1."""
    special = msgspec.structs.replace(quick_params.data, classes=("no", "yes"))
    codes = pd.Series(np.arange(len(table)) % 2).astype(float)
    good = table.assign(**{special.target: codes})
    assert data.validated(good, special, quick_params.features, "classification") is not None
    with pytest.raises(data.DataError, match=rf"\b{special.target}\b"):
        data.validated(
            good.assign(**{special.target: codes.mask(table.index == 3, code)}),
            special,
            quick_params.features,
            "classification",
        )


def test_an_infinite_target_is_refused(validated: Check, table: pd.DataFrame, quick_params: params.Params):
    """No model can be fitted to infinity, and here is the place to say so."""
    target = quick_params.data.target
    with pytest.raises(data.DataError, match=rf"\b{target}\b"):
        validated(table.assign(**{target: table[target].astype(float).mask(table.index == 3, np.inf)}))


def test_a_repeated_id_is_refused(validated: Check, table: pd.DataFrame, quick_params: params.Params):
    """One row a thing: labels that arrive later are joined by the id."""
    name = quick_params.data.id
    with pytest.raises(data.DataError, match=rf"\b{name}\b"):
        validated(table.assign(**{name: table[name].mask(table.index == 1, table[name][0])}))


def test_a_time_that_is_none_is_refused(validated: Check, table: pd.DataFrame, quick_params: params.Params):
    """A row without a time can't be split by it."""
    name = quick_params.data.time
    with pytest.raises(data.DataError, match=rf"\b{name}\b"):
        validated(table.assign(**{name: table[name].mask(table.index == 1)}))


def test_an_empty_table_is_refused_in_one_sentence(validated: Check, table: pd.DataFrame):
    """An empty table isn't valid, and the message says which notebook to look at."""
    with pytest.raises(data.DataError, match=r"^The table is empty: run 01_ingest again[^.]*\.$"):
        validated(table.head(0))


def test_the_parts_are_apart_in_time(table: pd.DataFrame, quick_params: params.Params):
    """Training ends before the holdout begins, that before live; together they are the table again."""
    time, name = quick_params.data.time, quick_params.data.id
    parts = data.split_by_time(table, quick_params.split, time)
    assert list(parts) == ["train", "holdout", "live"]
    assert parts["train"][time].max() < parts["holdout"][time].min()
    assert parts["holdout"][time].max() < parts["live"][time].min()
    assert pd.concat(parts.values())[name].tolist() == table[name].tolist()


def test_a_period_takes_its_first_instant_and_leaves_its_last(table: pd.DataFrame, quick_params: params.Params):
    """A row at midnight between two periods belongs to the second alone."""
    time, split = quick_params.data.time, quick_params.split
    border = pd.Timestamp(split.holdout[0], tz="UTC")
    moved = table.assign(**{time: table[time].mask(table.index == 0, border)})
    parts = data.split_by_time(moved, split, time)
    assert (parts["holdout"][time] == border).sum() == 1
    assert not (parts["train"][time] == border).any()


@pytest.mark.parametrize("name", ["train", "holdout", "live"])
def test_an_empty_period_is_named_with_its_days(table: pd.DataFrame, quick_params: params.Params, name: str):
    """A period in which nothing happened is named, with the days it was looked for in."""
    time, split = quick_params.data.time, quick_params.split
    first, last = getattr(split, name)
    inside = (table[time] >= pd.Timestamp(first, tz="UTC")) & (table[time] < pd.Timestamp(last, tz="UTC"))
    with pytest.raises(data.DataError, match=rf"split\.{name}, {first} to {last}\."):
        data.split_by_time(table[~inside], split, time)


@pytest.mark.parametrize(("earlier", "later"), [("train", "holdout"), ("holdout", "live")])
def test_overlapping_periods_are_refused(table: pd.DataFrame, quick_params: params.Params, earlier: str, later: str):
    """No row may both teach and test: one day of overlap is enough to be refused."""
    first, last = getattr(quick_params.split, earlier)
    overlapping = msgspec.structs.replace(
        quick_params.split, **{earlier: (first, date.fromordinal(last.toordinal() + 1))}
    )
    with pytest.raises(data.DataError, match=rf"split\.{earlier} ends after split\.{later} begins"):
        data.split_by_time(table, overlapping, quick_params.data.time)


def test_a_gap_between_periods_is_allowed(table: pd.DataFrame, quick_params: params.Params):
    """Rows between two periods are used by neither."""
    first, last = quick_params.split.train
    shorter = msgspec.structs.replace(quick_params.split, train=(first, date.fromordinal(last.toordinal() - 20)))
    whole = data.split_by_time(table, quick_params.split, quick_params.data.time)
    parts = data.split_by_time(table, shorter, quick_params.data.time)
    assert 0 < len(parts["train"]) < len(whole["train"])
    assert len(parts["holdout"]) == len(whole["holdout"])


def test_a_sample_keeps_every_month(table: pd.DataFrame, quick_params: params.Params):
    """The smoke mode sees the whole year, in its order, and as many rows as it asked for."""
    time = quick_params.data.time
    found = data.sampled(table, 150)
    assert len(found) == 150
    assert found[time].is_monotonic_increasing
    assert set(found[time].dt.month) == set(table[time].dt.month)
    assert found.index.tolist() == list(range(150))


@pytest.mark.parametrize("rows", [None, 2000, 10**9])
def test_a_sample_as_large_as_the_table_is_the_table(table: pd.DataFrame, rows: int | None):
    """No number, or one that is too large, takes all rows."""
    pd.testing.assert_frame_equal(data.sampled(table, rows), table)


def test_a_sample_repeats_no_row(table: pd.DataFrame, quick_params: params.Params):
    """A sample of nearly everything still holds each row once at most."""
    assert data.sampled(table, 1999)[quick_params.data.id].is_unique


def test_training_and_serving_see_the_same_numbers(table: pd.DataFrame, rows: list[dict], quick_params: params.Params):
    """A table, and the same rows after a trip through a JSON request, become the very same arrays."""
    trained = schema.columns(table.head(500), quick_params.features)
    served = requests.RequestModel(quick_params.features).decode(json.dumps({"rows": rows[:500]}).encode())
    framed = data.model_frame(table.head(500), quick_params.features)
    assert list(trained) == list(served) == list(framed.columns)
    for name, values in trained.items():
        np.testing.assert_array_equal(served[name], values)
        np.testing.assert_array_equal(framed[name].to_numpy(), values.ravel())


def test_a_row_of_a_request_has_null_for_what_is_missing(rows: list[dict], table: pd.DataFrame):
    """Nothing in a request is NaN, which JSON doesn't have."""
    place = int(table.reading.isna().to_numpy().nonzero()[0][0])
    assert rows[place]["reading"] is None
    assert "NaN" not in json.dumps(rows)


def test_a_table_comes_back_from_its_file_as_it_was(table: pd.DataFrame, tmp_path: Path):
    """Parquet keeps types, times with their zone, and missing values."""
    data.save_table(table, tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(data.load_table(tmp_path / "table.parquet"), table)


def test_json_keeps_what_it_is_given(tmp_path: Path):
    """Plain values come back as they were."""
    value = {"text": "°F ✈", "numbers": [1, 2.5, None], "nested": {"yes": True}}
    data.save_json(value, tmp_path / "value.json")
    assert data.load_json(tmp_path / "value.json") == value
