"""From the raw table to the prepared one: the schema's columns, in its types."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api import types

from .data import DataError
from .schema import ROW_NUMBER, Feature, Schema
from .values import as_numbers, first, missing, moments, numbers, rows_in_words, texts, truths

# With fewer rows, a split leaves parts in which nothing can be seen.
FEWEST_ROWS = 20


def shaped(raw: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the rows that have a target, with the schema's columns alone and in its types.

    Ids are text or integers, times datetime64[us, UTC] (without a zone they are UTC), categories str, numbers
    float64, booleans nullable, dates days without a zone; the target is float64, or int64 codes of the classes.
    Rows are in the order of time and then id, or as they came. Without an id of their own they are numbered.

    Raises:
        DataError: a value is none of its column's kind; the first is named with its row, counted from 1.
    """
    rows = with_target(raw, schema.target)
    columns = {schema.id: ids(rows[schema.id]) if schema.id != ROW_NUMBER else row_numbers(rows)}
    if schema.time:
        columns[schema.time] = times(rows[schema.time])
    columns |= {name: values(rows[name], feature) for name, feature in schema.features.items()}
    columns[schema.target] = codes(rows[schema.target], schema.classes) if schema.classes else goal(rows[schema.target])
    table = pd.DataFrame(columns)
    if not schema.time:
        return table.reset_index(drop=True)
    return table.sort_values([schema.time, schema.id], kind="stable", ignore_index=True)


def with_target(raw: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the rows that have a target, each under the number it had.

    Raises:
        DataError: more than half have none, or too few are left.
    """
    gone = missing(raw[target])
    if gone.all() and len(raw):
        raise DataError(f"Column {target!r}, the target, has no value in any row: name another data.target.")
    if gone.sum() > len(raw) / 2:
        raise DataError(
            f"Column {target!r}, the target, is missing in {gone.sum():,} of {len(raw):,} rows, more than half: "
            "name another data.target, or fetch the table again."
        )
    if len(raw) - gone.sum() < FEWEST_ROWS:
        few = rows_in_words(len(raw) - gone.sum())
        raise DataError(f"There is a target in {few}, and it takes {FEWEST_ROWS} to learn and to test: add more.")
    return raw[~gone]


def row_numbers(rows: pd.DataFrame) -> pd.Series:
    """Return 0, 1, … in the order in which the rows came."""
    if ROW_NUMBER in rows.columns:
        raise DataError(
            f"The table has a column {ROW_NUMBER!r}, as rows without an id are called: write data.id: {ROW_NUMBER}, "
            "or rename it."
        )
    return pd.Series(np.arange(len(rows), dtype=np.int64), index=rows.index)


def ids(column: pd.Series) -> pd.Series:
    """Return ids as integers where they are, else as text.

    Raises:
        DataError: one is missing, or repeats.
    """
    refuse_gaps(column, "id", "or leave data.id out, and rows are numbered")
    again = column.duplicated()
    if again.any():
        raise DataError(
            f"Column {column.name!r}, the id, repeats in {rows_in_words(again.sum())}, first {first(column, again)}: "
            "make them differ, or leave data.id out, and rows are numbered."
        )
    if types.is_integer_dtype(column):
        return column.astype(np.int64) if types.is_signed_integer_dtype(column) else texts(column)
    whole = types.is_float_dtype(column) and (column % 1 == 0).all() and column.abs().max() < 2**53
    return column.astype(np.int64) if whole else texts(column)


def times(column: pd.Series) -> pd.Series:
    """Return the time of each row.

    Raises:
        DataError: one is missing, or no time.
    """
    refuse_gaps(column, "time", "drop these rows, or leave data.time out")
    return moments(column)


def refuse_gaps(column: pd.Series, role: str, way_out: str) -> None:
    """Raise DataError if a column that plays a part has no value somewhere."""
    gaps = missing(column)
    if gaps.any():
        row = column.index[int(np.flatnonzero(gaps)[0])] + 1
        raise DataError(
            f"Column {column.name!r}, the {role}, is missing in {rows_in_words(gaps.sum())}, first in row {row}: "
            f"fill it, {way_out}."
        )


def values(column: pd.Series, feature: Feature) -> pd.Series:
    """Return a feature's values in the type of its kind.

    Raises:
        DataError: there is none, or one is not of this kind.
    """
    if missing(column).all():
        raise DataError(f"Column {column.name!r} has no value in any row: take it out of the features.")
    if feature.kind == "date":
        return moments(column).dt.tz_localize(None).dt.normalize()
    return {"category": texts, "number": numbers, "boolean": truths}[feature.kind](column)


def goal(column: pd.Series) -> pd.Series:
    """Return the target of a regression as float64.

    Raises:
        DataError: it holds something else, or the same number everywhere.
    """
    plain = as_numbers(column)
    if types.is_datetime64_any_dtype(column) or types.is_bool_dtype(column) or plain.isna().all():
        raise DataError(
            f"Column {column.name!r}, the target, holds {first(column, ~missing(column))}, and a regression needs "
            "numbers: write task: binary or multiclass."
        )
    found = numbers(column)
    if found.nunique() == 1:
        raise DataError(f"Column {column.name!r}, the target, is {found.iloc[0]:g} in every row: name another.")
    return found


def codes(column: pd.Series, classes: tuple[str, ...]) -> pd.Series:
    """Return the target as the places of its classes, int64; it holds their names, or these places themselves.

    Raises:
        DataError: a value is neither, or a class has no row.
    """
    names = texts(column)
    places = {name: place for place, name in enumerate(classes)}
    found = names.map(places)
    if found.isna().any() and not names.isin(classes).any():
        numbered = names.replace({"False": "0", "True": "1"})
        found = numbered.map({str(place): place for place in places.values()})
    if found.isna().any():
        listed = ", ".join(map(repr, classes[:5])) + (", …" if len(classes) > 5 else "")
        raise DataError(
            f"Column {column.name!r}, the target, holds {first(column, found.isna())}, which is none of the classes "
            f"{listed}, nor a number from 0 to {len(classes) - 1} for one of them: correct data.classes."
        )
    absent = [name for name, place in places.items() if place not in set(found.unique())]
    if absent:
        raise DataError(f"Column {column.name!r}, the target, has no row of class {absent[0]!r}: correct data.classes.")
    return found.astype(np.int64)
