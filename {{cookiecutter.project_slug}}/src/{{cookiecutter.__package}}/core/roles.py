"""Which columns of a raw table are probably its id, its time and its target, and which task that makes."""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd
from pandas.api import types

from .data import DataError
from .guesses import guess
from .schema import Task
from .values import as_numbers, is_text, missing, moments, texts

TARGETS = ("target", "label", "class", "outcome", "y")
# Words of a column's name, however they are put together: customerId, customer_id, "customer id".
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
ID_WORDS = {"id", "key", "uuid", "guid", "identifier", "index", "rownum"}
TIME_WORDS = ("timestamp", "datetime", "time", "at", "date", "when", "day", "created")
# Times that belong to what the row is about, and say nothing of when it happened.
OTHER_TIMES = {"birth", "birthday", "dob", "born", "expiry", "expires", "due", "until", "first", "last", "updated"}
# Whole numbers up to this many are taken for classes.
MOST_NUMBERED = 20


class Role(NamedTuple):
    """A column that plays a part, or None, and the reason in words."""

    column: str | None
    why: str


def words_of(name: str) -> list[str]:
    """Return the words of a column's name in lower case."""
    return [word.lower() for word in WORDS.findall(name)]


def likely_target(rows: pd.DataFrame) -> Role:
    """Return the column that is called like a target, if only one is."""
    named = [name for name in rows.columns if name.lower() in TARGETS]
    return Role(named[0], "by its name") if len(named) == 1 else Role(None, "no column is called like a target")


def likely_id(rows: pd.DataFrame) -> Role:
    """Return the column that tells rows apart: by its name, or because it is the first and no measurement."""
    for place, name in enumerate(rows.columns):
        column = rows[name]
        called = bool(ID_WORDS & set(words_of(name)))
        if not (called or place == 0) or not (types.is_integer_dtype(column) or is_text(column)):
            continue
        if missing(column).any() or texts(column).duplicated().any():
            continue
        if called or guess(column).feature is None:
            return Role(name, f"a different {'text' if is_text(column) else 'number'} in each row")
    return Role(None, "no column tells rows apart: they are numbered")


def likely_time(rows: pd.DataFrame) -> Role:
    """Return the column that says when each row happened: the best by its name, or the only one."""
    dates = [name for name in rows.columns if is_time(rows[name])]
    dates = [name for name in dates if not OTHER_TIMES & set(words_of(name))]
    for word in TIME_WORDS:
        for name in dates:
            if word in words_of(name):
                return Role(name, span(rows[name]))
    if len(dates) == 1:
        return Role(dates[0], span(rows[dates[0]]))
    return Role(None, "no column says when: parts are drawn at random" if not dates else f"one of {', '.join(dates)}?")


def is_time(column: pd.Series) -> bool:
    """Return whether every row has a moment in this column, and not all the same one."""
    if missing(column).any():
        return False
    found = guess(column)
    return bool(found.feature and found.feature.kind == "date") or (is_text(column) and reads_as_times(column))


def reads_as_times(column: pd.Series) -> bool:
    """Return whether text reads as times in one of the usual ways; a few rows are asked before all of them."""
    words = texts(column)
    if not words.head(20).str.contains(r"\d.*[-/.: ].*\d").all():
        return False
    try:
        return all(moments(part).nunique() > 1 for part in (words.drop_duplicates().head(50), words))
    except DataError:
        return False


def span(column: pd.Series) -> str:
    """Return the first and the last day of a time in words."""
    found = moments(column)
    return f"{found.min():%Y-%m-%d} to {found.max():%Y-%m-%d}"


def likely_task(column: pd.Series) -> tuple[Task, str]:
    """Return the task that a target makes, and why."""
    levels = texts(column).nunique()
    numeric = as_numbers(column)
    if types.is_bool_dtype(column) or levels <= 2 or numeric.isna().any():
        return ("binary" if levels <= 2 else "multiclass"), f"{levels:,} classes"
    if (numeric % 1 == 0).all() and levels <= MOST_NUMBERED:
        return "multiclass", f"could also be regression: {levels} distinct numbers"
    return "regression", f"{levels:,} distinct numbers"
