"""Which rows teach, which test, and which are kept for after the launch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise

import pandas as pd

from .data import DataError
from .params import Period, Split
from .schema import Schema

PARTS = ("train", "holdout", "live")
Parts = dict[str, pd.DataFrame]


def split(table: pd.DataFrame, wanted: Split, schema: Schema, seed: int) -> Parts:
    """Return the train, holdout and live parts of a prepared table.

    By periods or, as shares, by the order of time. Rows without a time are drawn at random, each class by its share.

    Raises:
        DataError: a part is empty or overlaps with another, or training lacks a class.
    """
    if wanted.periods:
        parts = by_periods(table, wanted.periods, str(schema.time))
    elif schema.time:
        parts = in_order(table, wanted)
    else:
        parts = at_random(table, wanted, schema, seed)
    refuse_unusable(parts, schema)
    return {name: part.reset_index(drop=True) for name, part in parts.items()}


def by_periods(table: pd.DataFrame, periods: Mapping[str, Period], time: str) -> Parts:
    """Return the rows of each half-open period, in days of UTC."""
    for (earlier, first), (later, second) in pairwise(periods.items()):
        if first[1] > second[0]:
            raise DataError(f"params.yaml: split.{earlier} ends after split.{later} begins; let them meet at one day.")
    parts = {name: within(table, period, time) for name, period in periods.items()}
    for name, part in parts.items():
        if part.empty:
            raise DataError(f"No row falls into split.{name}, {periods[name][0]} to {periods[name][1]}.")
    return parts


def within(table: pd.DataFrame, period: Period, time: str) -> pd.DataFrame:
    """Return the rows whose time lies in the half-open period."""
    first, last = (pd.Timestamp(day, tz="UTC") for day in period)
    return table[(table[time] >= first) & (table[time] < last)]


def in_order(table: pd.DataFrame, wanted: Split) -> Parts:
    """Return the first rows, the next, and the last; the table is in the order of its time."""
    edges = [0.0, 1 - wanted.holdout - wanted.live, 1 - wanted.live, 1.0]
    places = [round(edge * len(table)) for edge in edges]
    return {name: table.iloc[first:last] for name, (first, last) in zip(PARTS, pairwise(places), strict=True)}


def at_random(table: pd.DataFrame, wanted: Split, schema: Schema, seed: int) -> Parts:
    """Return parts drawn at random, their rows in the table's order."""
    from sklearn.model_selection import train_test_split

    def drawn(rows: pd.DataFrame, share: float) -> list[pd.DataFrame]:
        # A class with a single row can't be in two parts.
        counts = rows[schema.target].value_counts()
        stratify = rows[schema.target] if schema.classes and counts.min() > 1 else None
        return [p.sort_index() for p in train_test_split(rows, test_size=share, random_state=seed, stratify=stratify)]

    rest, live = drawn(table, wanted.live)
    train, holdout = drawn(rest, wanted.holdout / (1 - wanted.live))
    return {"train": train, "holdout": holdout, "live": live}


def refuse_unusable(parts: Parts, schema: Schema) -> None:
    """Raise DataError for an empty part, and for a class that can't be learned or asked about."""
    for name, part in parts.items():
        if part.empty:
            raise DataError(f"No row is left for split.{name}: the table is too small, or params.yaml's shares are.")
    for code, label in enumerate(schema.classes):
        if not (parts["train"][schema.target] == code).any():
            raise DataError(f"No row of split.train has the class {label!r}: let the training part reach further.")
    if schema.classes and parts["holdout"][schema.target].nunique() < 2:
        only = schema.classes[parts["holdout"][schema.target].iloc[0]]
        raise DataError(
            f"Every row of split.holdout has the class {only!r}: nothing can be measured on it; enlarge it."
        )


def apart(parts: Parts, schema: Schema) -> bool:
    """Return whether no two parts share a row and, where rows have a time, each part ends before the next begins."""
    ids = [set(part[schema.id]) for part in parts.values()]
    shared = any(one & other for one, other in combinations(ids, 2))
    if shared or not schema.time:
        return not shared
    edges = [edge for part in parts.values() for edge in (part[schema.time].min(), part[schema.time].max())]
    return edges == sorted(edges)


def described(parts: Parts, schema: Schema) -> pd.DataFrame:
    """Return a line for each part: its rows, its first and last day, and what its target is like."""
    lines = {}
    for name, part in parts.items():
        days = (
            {end: part[schema.time].agg(how).date() for end, how in (("first", "min"), ("last", "max"))}
            if schema.time
            else {}
        )
        shares = part[schema.target].value_counts(normalize=True) if schema.classes else None
        target = (
            {c: shares.get(i, 0.0) for i, c in enumerate(schema.classes)}
            if shares is not None
            else {f"mean {schema.target}": part[schema.target].mean()}
        )
        lines[name] = {"rows": len(part), **days, **target}
    return pd.DataFrame.from_dict(lines, orient="index").round(3)
