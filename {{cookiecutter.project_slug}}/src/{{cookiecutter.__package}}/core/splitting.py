"""Which rows teach, which test, and which are kept for after the launch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise

import pandas as pd

from .data import DataError
from .schema import Schema
from .sections import Period, Split

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


def counted(table: pd.DataFrame, wanted: Split) -> tuple[int, int]:
    """Return how many rows the holdout and the live part take.

    Raises:
        DataError: one of the three parts would have none.
    """
    holdout, live = (round(share * len(table)) for share in (wanted.holdout, wanted.live))
    for name, rows in zip(PARTS, (len(table) - holdout - live, holdout, live), strict=True):
        if rows < 1:
            raise DataError(f"No row is left for split.{name}: the table is too small, or params.yaml's shares are.")
    return holdout, live


def in_order(table: pd.DataFrame, wanted: Split) -> Parts:
    """Return the first rows, the next, and the last; the table is in the order of its time."""
    holdout, live = counted(table, wanted)
    borders = (0, len(table) - holdout - live, len(table) - live, len(table))
    return {name: table.iloc[first:last] for name, (first, last) in zip(PARTS, pairwise(borders), strict=True)}


def at_random(table: pd.DataFrame, wanted: Split, schema: Schema, seed: int) -> Parts:
    """Return parts drawn at random, their rows in the table's order."""
    from sklearn.model_selection import train_test_split

    def drawn(rows: pd.DataFrame, size: int) -> list[pd.DataFrame]:
        # A class with a single row can't be in two parts, nor can more classes than a part has rows.
        counts = rows[schema.target].value_counts()
        fits = schema.classes and counts.min() > 1 and len(counts) <= min(size, len(rows) - size)
        stratify = rows[schema.target] if fits else None
        return [p.sort_index() for p in train_test_split(rows, test_size=size, random_state=seed, stratify=stratify)]

    holdout, live = counted(table, wanted)
    rest, last = drawn(table, live)
    train, middle = drawn(rest, holdout)
    return {"train": train, "holdout": middle, "live": last}


def refuse_unusable(parts: Parts, schema: Schema) -> None:
    """Raise DataError for a class that can't be learned or asked about."""
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
