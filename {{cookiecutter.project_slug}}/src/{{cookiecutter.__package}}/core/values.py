"""A raw column as numbers, truth values, moments or texts; the first value that is none of these is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from .data import DataError

# What a column of truth values may hold, in any case; a number counts as its text.
TRUTHS = {"true": True, "yes": True, "y": True, "t": True, "1": True}
TRUTHS |= {"false": False, "no": False, "n": False, "f": False, "0": False}
DAYS = ("%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
# Which of the first two numbers is the day, only a value above twelve tells.
EITHER_ORDER = (("%d/%m/%Y", "%m/%d/%Y"), ("%d-%m-%Y", "%m-%d-%Y"))
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
DECIMAL_COMMA = r"\s*[+-]?\d+,\d+\s*"
# Seconds, milliseconds, microseconds and nanoseconds since 1970 are told apart by their size: 1973 to 5138.
EPOCHS = {"s": 1e8, "ms": 1e11, "us": 1e14, "ns": 1e17}


def quoted(value: Any) -> str:
    """Return a value as an error shows it: in quotes, and not at any length."""
    text = value if isinstance(value, str) else text_of(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")


def rows_in_words(count: int) -> str:
    """Return a number of rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def first(column: pd.Series, wrong: Any) -> str:
    """Return the first wrong value of a column in words: 'x' in row 17. Rows count from 1, as in the raw table."""
    place = int(np.flatnonzero(np.asarray(wrong, dtype=bool))[0])
    return f"{quoted(column.iloc[place])} in row {column.index[place] + 1}"


def is_text(column: pd.Series) -> bool:
    """Return whether a column holds text, or at least something that is neither number, truth value nor moment."""
    return not (types.is_numeric_dtype(column) or types.is_bool_dtype(column) or types.is_datetime64_any_dtype(column))


def missing(column: pd.Series) -> pd.Series:
    """Return where a column has no value; an empty text is none."""
    if isinstance(column.dtype, pd.StringDtype):
        return column.isna() | (column == "").fillna(False).astype(bool)
    if column.dtype == object:
        return column.isna() | column.map(lambda value: isinstance(value, str) and not value).astype(bool)
    return column.isna()


def is_nested(column: pd.Series) -> bool:
    """Return whether a column holds lists or other things with parts, or bytes, which nothing can be made of."""
    if column.dtype != object:
        return False
    return any(isinstance(value, bytes) or not types.is_hashable(value) for value in column.dropna())


def text_of(value: Any) -> str:
    """Return one value as text; a whole number has no fraction, so that 1 and 1.0 are the same class."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def texts(column: pd.Series) -> pd.Series:
    """Return a column as text, with missing values where it has none."""
    if isinstance(column.dtype, pd.StringDtype):
        return column.astype("str").mask(missing(column))
    values = column.astype(object)
    names = {value: text_of(value) for value in values.dropna().unique()}
    return values.map(names).astype("str").mask(missing(column))


def numbers(column: pd.Series) -> pd.Series:
    """Return a column as float64, NaN where it has no value.

    Raises:
        DataError: it holds something else, or an infinity.
    """
    if types.is_datetime64_any_dtype(column):
        raise DataError(f"Column {column.name!r} holds times, not numbers: take kind: date for it.")
    found = as_numbers(column)
    if (wrong := found.isna() & ~missing(column)).any():
        commas = texts(column).str.fullmatch(DECIMAL_COMMA, na=False)
        if commas[wrong].all():
            raise DataError(
                f"Column {column.name!r} has numbers with a decimal comma, {first(column, wrong)}: "
                "write data.csv.decimal: ',' in params.yaml."
            )
        raise DataError(
            f"Column {column.name!r} holds {first(column, wrong)}, which is no number: clear it in the table, "
            "or take kind: category for the column."
        )
    if np.isinf(found).any():
        raise DataError(f"Column {column.name!r} holds {first(column, np.isinf(found))}: leave it empty instead.")
    return found


def as_numbers(column: pd.Series) -> pd.Series:
    """Return a column as float64, NaN where a value is none."""
    plain = column.astype("Float64") if types.is_bool_dtype(column) else column
    if isinstance(column.dtype, pd.CategoricalDtype):
        plain = column.astype(object)
    found = pd.to_numeric(plain, errors="coerce")
    return pd.Series(found.to_numpy(dtype=np.float64, na_value=np.nan), index=column.index, name=column.name)


def truths(column: pd.Series) -> pd.Series:
    """Return a column as pandas' nullable boolean: true or false, yes or no, y or n, t or f, 1 or 0.

    Raises:
        DataError: it holds something else.
    """
    words = texts(column)
    found = words.str.strip().str.lower().map(TRUTHS).astype("boolean")
    if (wrong := found.isna() & words.notna()).any():
        raise DataError(
            f"Column {column.name!r} holds {first(column, wrong)}, which is neither true nor false (nor yes or no, "
            "1 or 0): take kind: category for it."
        )
    return found


def moments(column: pd.Series) -> pd.Series:
    """Return a column as datetime64[us, UTC]; what has no time zone is UTC.

    ISO 8601, the usual ways to write a day and a time, days such as 20130131, years, and seconds, milliseconds,
    microseconds or nanoseconds since 1970 are understood.

    Raises:
        DataError: a value is no moment, or could be read in two ways.
    """
    if types.is_datetime64_any_dtype(column) or pd.api.types.infer_dtype(column, skipna=True) in ("date", "datetime"):
        found = pd.to_datetime(column, utc=True)
    elif types.is_numeric_dtype(column) and not types.is_bool_dtype(column) and (unit := epoch_of(column)):
        found = pd.to_datetime(column, unit=unit, utc=True)
    else:
        found = parsed(texts(column))
    return found.dt.as_unit("us")


def epoch_of(column: pd.Series) -> str | None:
    """Return the unit of numbers that count from 1970, or None if they are too small for it: years, 20130131."""
    least = column.abs().min()
    return next((unit for unit, size in reversed(EPOCHS.items()) if least >= size), None)


def parsed(words: pd.Series) -> pd.Series:
    """Return texts as moments in UTC, all of them read in one way."""
    values = words.dropna()
    one = values.head(1)
    ways = [way for way in ("ISO8601", *(day + clock for day in DAYS for clock in CLOCKS)) if read(one, way).all()]
    for way in ways:
        found = pd.to_datetime(words, format=way, utc=True, errors="coerce")
        if found[values.index].notna().all():
            return found
    for orders in [tuple(order + clock for order in pair) for pair in EITHER_ORDER for clock in CLOCKS]:
        fitting = [way for way in orders if read(one, way).all() and read(values, way).all()]
        if len(fitting) == 2:
            raise DataError(
                f"Column {words.name!r} could be read day first or month first, such as {quoted(values.iloc[0])}: "
                "write its days as 2013-01-31 in the table."
            )
        if fitting:
            return pd.to_datetime(words, format=fitting[0], utc=True)
    raise DataError(f"Column {words.name!r} holds {first(values, ~best_reading(values))}, which is no time: {AS_ISO}.")


AS_ISO = "write it as 2013-01-31 or 2013-01-31T12:30:00Z in the table"


def read(values: pd.Series, way: str) -> pd.Series:
    """Return which of the values can be read in this way."""
    return pd.to_datetime(values, format=way, utc=True, errors="coerce").notna()


def best_reading(values: pd.Series) -> pd.Series:
    """Return which values the best of all ways can read, judged by the first thousand."""
    orders = [way for pair in EITHER_ORDER for way in pair]
    ways = ["ISO8601", *(day + clock for day in (*DAYS, *orders) for clock in CLOCKS)]
    return read(values, max(ways, key=lambda way: read(values.head(1000), way).sum()))
