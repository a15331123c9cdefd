"""Tables: reading and writing them, checking them against the schema, and splitting them by time."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from .params import Data, Period, Split
from .schema import Feature, columns

# What pandera's names for a broken check mean.
BROKEN = {
    "column_in_dataframe": "is missing",
    "not_nullable": "has missing values",
    "field_uniqueness": "has duplicates",
    "coerce_dtype": "has values of the wrong type",
    "dtype": "has values of the wrong type",
}


class DataError(ValueError):
    """A table can't be used; the message names the column or the period and the way out."""


def load_table(path: Path) -> pd.DataFrame:
    """Read a Parquet table."""
    return pd.read_parquet(path)


def save_table(table: pd.DataFrame, path: Path) -> None:
    """Write a Parquet table without its index."""
    table.to_parquet(path, index=False, compression="zstd")


def save_bytes(content: bytes, path: Path) -> None:
    """Write bytes as they are."""
    path.write_bytes(content)


def save_json(value: Any, path: Path) -> None:
    """Write plain values or a record as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def load_json(path: Path) -> Any:
    """Read JSON into plain values."""
    return msgspec.json.decode(path.read_bytes())


def sampled(table: pd.DataFrame, rows: int | None) -> pd.DataFrame:
    """Return about `rows` rows at even distances, so that every month stays in; None keeps them all."""
    if rows is None or rows >= len(table):
        return table
    return table.iloc[np.linspace(0, len(table) - 1, rows).astype(int)].reset_index(drop=True)


def validated(table: pd.DataFrame, data: Data, features: Mapping[str, Feature], task: str) -> pd.DataFrame:
    """Check a table against params.yaml and return it.

    Raises:
        DataError: it is empty, lacks a column, or holds values the schema doesn't allow; the first few are named.
    """
    import pandera.errors

    if table.empty:
        raise DataError("The table is empty: run 01_ingest again, and look at what its source returned.")
    try:
        return table_schema(data, features, task).validate(table, lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise DataError(f"The table breaks its schema: {broken(error.failure_cases)}.") from None


def broken(failures: pd.DataFrame) -> str:
    """Return pandera's failures in words, the first for each column and five columns at most."""
    # A missing column stands where its bad value would.
    named = failures.assign(column=failures.column.fillna(failures.failure_case)).drop_duplicates("column")
    checks = named.check.str.split("(").str[0]
    return "; ".join(named.column.head(5) + " " + checks.replace(BROKEN).head(5))


def table_schema(data: Data, features: Mapping[str, Feature], task: str) -> Any:
    """Return the pandera schema that params.yaml describes: id, time, target and every feature."""
    import pandera.pandas as pa

    codes = pa.Check.isin(range(len(data.classes)), error="is no class's number")
    finite = pa.Check(np.isfinite, error="is not finite")
    target = pa.Column(checks=codes) if task == "classification" else pa.Column(float, checks=finite)
    special = {
        data.id: pa.Column(unique=True),
        data.time: pa.Column("datetime64[us, UTC]", coerce=True),
        data.target: target,
    }
    return pa.DataFrameSchema({**special, **{name: feature_column(f) for name, f in features.items()}})


def feature_column(feature: Feature) -> Any:
    """Return the pandera column of one feature."""
    import pandera.pandas as pa

    if feature.kind == "category":
        return pa.Column(str, nullable=feature.nullable)
    bounds = [
        *([pa.Check.ge(feature.min, error=f"is below {feature.min:g}")] if feature.min is not None else []),
        *([pa.Check.le(feature.max, error=f"is above {feature.max:g}")] if feature.max is not None else []),
        pa.Check(np.isfinite, error="is not finite"),
    ]
    return pa.Column(float, checks=bounds, nullable=feature.nullable, coerce=True)


def split_by_time(table: pd.DataFrame, split: Split, time: str) -> dict[str, pd.DataFrame]:
    """Return the train, holdout and live parts, in the order of time.

    Raises:
        DataError: two periods overlap, or one holds no row.
    """
    periods = {"train": split.train, "holdout": split.holdout, "live": split.live}
    for (earlier, first), (later, second) in pairwise(periods.items()):
        if first[1] > second[0]:
            raise DataError(f"params.yaml: split.{earlier} ends after split.{later} begins; let them meet at one day.")
    parts = {name: within(table, period, time) for name, period in periods.items()}
    for name, part in parts.items():
        if part.empty:
            raise DataError(f"No row falls into split.{name}, {periods[name][0]} to {periods[name][1]}.")
    return parts


def within(table: pd.DataFrame, period: Period, time: str) -> pd.DataFrame:
    """Return the rows whose time lies in the half-open period (days in UTC), with a fresh index."""
    first, last = (pd.Timestamp(day, tz="UTC") for day in period)
    return table[(table[time] >= first) & (table[time] < last)].reset_index(drop=True)


def model_frame(table: pd.DataFrame, features: Mapping[str, Feature]) -> pd.DataFrame:
    """Return the features as scikit-learn sees them: the same values that the served model is fed."""
    return pd.DataFrame({name: values.ravel() for name, values in columns(table, features).items()})


def request_rows(table: pd.DataFrame, features: Mapping[str, Feature]) -> list[dict[str, Any]]:
    """Return a table's rows as a request carries them: one object a row, null for what is missing."""
    chosen = table[list(features)].astype(object)
    return chosen.where(chosen.notna(), None).to_dict(orient="records")
