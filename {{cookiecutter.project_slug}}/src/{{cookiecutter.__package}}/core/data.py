"""Tables: reading and writing them, checking them against the schema, and turning them into what models take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from .schema import Feature, Schema, columns
from .writing import replacing

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
    with replacing(path) as unfinished:
        table.to_parquet(unfinished, index=False, compression="zstd")


def save_bytes(content: bytes, path: Path) -> None:
    """Write bytes as they are; a reader sees all of them or none."""
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


def save_json(value: Any, path: Path) -> None:
    """Write plain values or a record as indented JSON."""
    save_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n", path)


def load_json(path: Path) -> Any:
    """Read JSON into plain values."""
    return msgspec.json.decode(path.read_bytes())


def sampled(table: pd.DataFrame, rows: int | None) -> pd.DataFrame:
    """Return about `rows` rows at even distances, so that every month stays in; None keeps them all."""
    if rows is None or rows >= len(table):
        return table
    return table.iloc[np.linspace(0, len(table) - 1, rows).astype(int)].reset_index(drop=True)


def validated(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Check a prepared table against its schema and return it.

    Raises:
        DataError: it is empty, lacks a column, or holds values the schema doesn't allow; the first few are named.
    """
    import pandera.errors

    if table.empty:
        raise DataError("The table is empty: run 01_ingest again, and look at what its source returned.")
    try:
        return table_schema(schema).validate(table, lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise DataError(f"The table breaks its schema: {broken(error.failure_cases)}.") from None


def broken(failures: pd.DataFrame) -> str:
    """Return pandera's failures in words, the first for each column and five columns at most."""
    # A missing column stands where its bad value would.
    named = failures.assign(column=failures.column.fillna(failures.failure_case)).drop_duplicates("column")
    checks = named.check.str.split("(").str[0]
    return "; ".join(named.column.head(5) + " " + checks.replace(BROKEN).head(5))


def table_schema(schema: Schema) -> Any:
    """Return the pandera schema of a prepared table: id, time, target and every feature."""
    import pandera.pandas as pa

    codes = pa.Check.isin(range(len(schema.classes)), error="is no class's number")
    finite = pa.Check(np.isfinite, error="is not finite")
    special = {schema.id: pa.Column(unique=True)}
    if schema.time:
        special[schema.time] = pa.Column("datetime64[us, UTC]", coerce=True)
    special[schema.target] = pa.Column(checks=codes) if schema.classes else pa.Column(float, checks=finite)
    return pa.DataFrameSchema({**special, **{name: feature_column(f) for name, f in schema.features.items()}})


def feature_column(feature: Feature) -> Any:
    """Return the pandera column of one feature."""
    import pandera.pandas as pa

    if feature.kind == "date":
        # Not by its type: pandera makes nanoseconds of it, which end in 2262, and 9999-12-31 is a common last day.
        days = pa.Check(lambda values: values.dtype.kind == "M", error=BROKEN["dtype"])
        return pa.Column(checks=days, nullable=feature.nullable)
    if feature.kind != "number":
        kind = {"category": str, "boolean": "boolean"}[feature.kind]
        return pa.Column(kind, nullable=feature.nullable, coerce=feature.kind == "boolean")
    bounds = [
        *([pa.Check.ge(feature.min, error=f"is below {feature.min:g}")] if feature.min is not None else []),
        *([pa.Check.le(feature.max, error=f"is above {feature.max:g}")] if feature.max is not None else []),
        pa.Check(np.isfinite, error="is not finite"),
    ]
    return pa.Column(float, checks=bounds, nullable=feature.nullable, coerce=True)


def model_frame(table: pd.DataFrame, features: Mapping[str, Feature]) -> pd.DataFrame:
    """Return the features as scikit-learn sees them: the same values that the served model is fed."""
    return pd.DataFrame({name: values.ravel() for name, values in columns(table, features).items()})


def request_rows(table: pd.DataFrame, features: Mapping[str, Feature]) -> list[dict[str, Any]]:
    """Return a table's rows as a request carries them: one object a row, null for what is missing."""
    chosen = pd.DataFrame({name: as_sent(table[name], feature) for name, feature in features.items()}, dtype=object)
    return chosen.where(chosen.notna(), None).to_dict(orient="records")


def as_sent(values: pd.Series, feature: Feature) -> pd.Series:
    """Return the values of one feature as JSON writes them: a date is its ISO text."""
    return values.dt.strftime("%Y-%m-%d") if feature.kind == "date" else values.astype(object)
