"""What a raw table seems to hold: the schema that params.yaml leaves open, and a reason for each guess."""

from __future__ import annotations

import difflib
from typing import NamedTuple

import pandas as pd
from pandas.api import types

from .data import DataError
from .params import Params
from .schema import ROW_NUMBER, Feature, Schema, name_fault
from .shaping import goal, with_target
from .values import DECIMAL_COMMA, as_numbers, first, is_nested, is_text, missing, text_of, texts

# An encoder with more levels than this is slow to build and to serve, and most of them are too rare to teach anything.
MOST_LEVELS = 1000
TOP = 200
MOST_CLASSES = 200
ISO_DAY = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?"


class Guess(NamedTuple):
    """The feature a column can be, or None, the reason in words, and what a person should settle first, if anything."""

    feature: Feature | None
    why: str
    doubt: str = ""


def resolved(raw: pd.DataFrame, params: Params) -> Schema:
    """Return the schema of params.yaml, its features and classes looked up in the table where it leaves them open.

    Raises:
        DataError: the table lacks a column, or what it holds doesn't fit the task or the features.
    """
    data = params.data
    roles = {"id": data.id, "time": data.time, "target": data.target}
    special = check_roles(raw, {role: name for role, name in roles.items() if name})
    rows = with_target(raw, data.target)
    classes = found_classes(rows[data.target], params)
    features = params.features
    if isinstance(features, dict):
        check_features(rows, features)
    else:
        features = found_features(rows.drop(columns=special))
    names = {"id": data.id or ROW_NUMBER, "time": data.time, "target": data.target}
    return Schema(task=params.task, classes=classes, features=features, **names)


def check_roles(raw: pd.DataFrame, roles: dict[str, str]) -> list[str]:
    """Return the columns that are no feature; refuse one that is missing, or that plays two parts."""
    played: dict[str, str] = {}
    for role, name in roles.items():
        check_column(raw, name, f"data.{role}")
        if name in played:
            raise DataError(f"data.{played[name]} and data.{role} both name {name!r}: give each a column of its own.")
        played[name] = role
    return list(played)


def check_column(raw: pd.DataFrame, name: str, place: str) -> None:
    """Refuse a column that the table lacks, naming the nearest one, or of which nothing can be made."""
    if name not in raw.columns:
        nearest = difflib.get_close_matches(name, raw.columns, n=1, cutoff=0)[0]
        raise DataError(f"{place}: the table has no column {name!r}; the nearest one is {nearest!r}.")
    if why := no_values(raw[name]):
        raise DataError(f"{place}: column {name!r} {why}: make numbers or text of them, or leave the column out.")


def check_features(rows: pd.DataFrame, features: dict[str, Feature]) -> None:
    """Refuse features that the table lacks, and categories with more levels than an encoder should hold."""
    for name, feature in features.items():
        check_column(rows, name, "features")
        levels = texts(rows[name]).nunique() if feature.kind == "category" and not feature.top else 0
        if levels > MOST_LEVELS:
            raise DataError(
                f"Column {name!r} has {levels:,} levels, more than {MOST_LEVELS:,}: give the feature top: {TOP}, which "
                "keeps the commonest, or take it out."
            )


def found_classes(column: pd.Series, params: Params) -> tuple[str, ...]:
    """Return the classes of the target, those of params.yaml or all that it holds in order; none for a regression.

    Raises:
        DataError: there are too few or too many for the task, or a regression's target is no number.
    """
    if params.task == "regression":
        goal(column)
    if params.task == "regression" or params.data.classes:
        return params.data.classes
    classes, name = distinct(column), f"Column {column.name!r}, the target,"
    if len(classes) == 1:
        raise DataError(f"{name} is {classes[0]!r} in every row: there is nothing to tell apart.")
    if len(classes) > MOST_CLASSES:
        hint = " or write task: regression" if as_numbers(column).notna().all() else ""
        raise DataError(f"{name} has {len(classes):,} classes, more than {MOST_CLASSES}: name another{hint}.")
    fitting = "binary" if len(classes) == 2 else "multiclass"
    if params.task != fitting:
        listed = ", ".join(map(repr, classes[:5])) + (", …" if len(classes) > 5 else "")
        raise DataError(f"{name} has {len(classes)} classes, {listed}: write task: {fitting}, or name another.")
    return classes


def distinct(column: pd.Series) -> tuple[str, ...]:
    """Return the values of a column as text, each once; numbers in their order, text in the alphabet's."""
    found = sorted(texts(column).dropna().unique())
    order = as_numbers(pd.Series(found, dtype="str"))
    return tuple(sorted(found, key=dict(zip(found, order, strict=True)).get) if order.notna().all() else found)


def found_features(rows: pd.DataFrame) -> dict[str, Feature]:
    """Return the feature of each column that can be one.

    Raises:
        DataError: none can, or a column is better settled by a person.
    """
    found = guesses(rows)
    for guess in found.values():
        if guess.doubt:
            raise DataError(guess.doubt)
    features = {name: guess.feature for name, guess in found.items() if guess.feature}
    if not features:
        why = "; ".join(f"{name!r} {guess.why}" for name, guess in list(found.items())[:3]) or "there is no other"
        raise DataError(f"No column beside id, time and target can be a feature: {why}.")
    return features


def guesses(rows: pd.DataFrame) -> dict[str, Guess]:
    """Return a guess for each column, in the table's order."""
    return {name: guess(rows[name]) for name in rows.columns}


def guess(column: pd.Series) -> Guess:
    """Return what a column can be: a number, a boolean, a date or a category; or nothing, and why."""
    gaps = int(missing(column).sum())
    values = column[~missing(column)] if gaps else column
    if fault := name_fault(str(column.name)):
        return Guess(None, f"left out: {fault}", f"Column {column.name!r} {fault}: rename it in the table.")
    if values.empty:
        return Guess(None, "left out: no value in any row")
    found = guess_values(values)
    if not (found.feature and gaps):
        return found
    feature = Feature(kind=found.feature.kind, top=found.feature.top, nullable=True)
    return Guess(feature, f"{found.why}, missing in {gaps:,} of {len(column):,} rows", found.doubt)


def guess_values(values: pd.Series) -> Guess:
    """Return what a column without gaps can be."""
    if no_values(values):
        return Guess(None, f"left out: {no_values(values)}")
    levels = values.nunique()
    if levels == 1:
        return Guess(None, f"left out: {text_of(values.iloc[0])[:40]!r} in every row")
    if types.is_bool_dtype(values) or types.infer_dtype(values, skipna=True) == "boolean":
        return Guess(Feature(kind="boolean"), "true or false")
    if types.is_datetime64_any_dtype(values) or types.infer_dtype(values, skipna=True) in ("date", "datetime"):
        return Guess(Feature(kind="date"), f"{values.min():%Y-%m-%d} to {values.max():%Y-%m-%d}")
    return guess_text(values, levels) if is_text(values) else guess_numbers(values, levels)


def no_values(column: pd.Series) -> str:
    """Return why nothing can be made of the values of a column, or an empty text."""
    if is_nested(column):
        return f"holds values of type {type(column.dropna().iloc[0]).__name__}"
    if types.is_timedelta64_dtype(column) or types.is_complex_dtype(column):
        return f"holds {column.dtype}"
    return ""


def guess_numbers(values: pd.Series, levels: int) -> Guess:
    """Return a number, unless the values count the rows."""
    counted = types.is_integer_dtype(values) and levels == len(values) and values.max() - values.min() == levels - 1
    if counted:
        return Guess(None, "left out: counts the rows")
    return Guess(Feature(kind="number"), f"{levels:,} distinct numbers")


def guess_text(values: pd.Series, levels: int) -> Guess:
    """Return a date, a category, or nothing where nearly every row has a text of its own."""
    if types.infer_dtype(values, skipna=True) == "decimal":
        return guess_numbers(as_numbers(values), levels)
    words = texts(values)
    if words.str.fullmatch(ISO_DAY).all():
        return Guess(Feature(kind="date"), f"{words.min()[:10]} to {words.max()[:10]}")
    if set(words.str.lower().unique()) == {"true", "false"}:
        return Guess(Feature(kind="boolean"), "true or false")
    doubt = doubt_of(values, words)
    if levels * 2 > len(values):
        return Guess(None, f"left out: {levels:,} levels in {len(values):,} rows", doubt)
    if levels > MOST_LEVELS:
        return Guess(Feature(kind="category", top=TOP), f"the commonest {TOP} of {levels:,} levels", doubt)
    return Guess(Feature(kind="category"), f"{levels:,} levels", doubt)


def doubt_of(values: pd.Series, words: pd.Series) -> str:
    """Return a sentence if text looks like numbers that something went wrong with, else nothing."""
    if words.str.fullmatch(DECIMAL_COMMA).all():
        return (
            f"Column {values.name!r} has numbers with a decimal comma, {first(values, words.notna())}: write "
            "data.csv.decimal: ',' in params.yaml, or list the features."
        )
    wrong = as_numbers(values).isna()
    if 0 < wrong.sum() < len(values) / 2:
        return (
            f"Column {values.name!r} holds numbers, but {first(values, wrong)}: clear what is no number, or list the "
            "features and take kind: category for it."
        )
    return ""
