"""Noted predictions as tables: one row for each row that was predicted. Only publishers and readers load this."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...core.writing import replacing
from .blocks import Block
from .publishing import DAY
from .spool import sync_folder

TYPES = {"number": pa.float32(), "category": pa.string(), "boolean": pa.bool_(), "date": pa.date32()}
MOMENT = pa.timestamp("us", tz="UTC")


def table_of(block: Block) -> pa.Table:
    """Return the rows of a block: what was asked, what was answered, by which model, and when."""
    source, rows = block.source, sum(block.kept)
    requests = np.repeat(np.arange(len(block.kept)), block.kept)
    columns = {
        "request_id": pa.array(block.request_id, pa.string()).take(requests),
        "request_row": pa.array(block.place, pa.int32()),
        "request_rows": pa.array(block.rows, pa.int32()).take(requests),
        "request_time": pa.array(block.time, MOMENT).take(requests),
        "variant": pa.repeat(source.variant, rows),
        "model_sha256": pa.repeat(source.sha256, rows),
        "model_version": pa.repeat(source.version, rows),
        "latency_ms": pa.array(block.latency, pa.float32()).take(requests),
        **{name: feature(values, block.kinds[name]) for name, values in block.features.items()},
        "prediction": pa.array(block.prediction, pa.string() if source.classes else pa.float32()),
    }
    if block.probabilities is not None:
        columns["probabilities"] = pa.array(block.probabilities, pa.list_(pa.float32()))
    return pa.table(columns)


def feature(values: list[Any], kind: str) -> pa.Array:
    """Return the values of a feature in the type of its kind; the model is fed 0 and 1, and days since 1970."""
    if kind == "date":
        return pa.array(values, pa.float64()).cast(pa.int32()).cast(pa.date32())
    if kind == "boolean":
        return pa.array(values, pa.float32()).cast(pa.bool_())
    return pa.array(values, TYPES[kind])


def save_days(folder: Path, name: str, tables: list[pa.Table]) -> int:
    """Write tables as one file for each day under a name, and return how many rows there are."""
    table = combined(tables)
    on = table["request_time"].cast(pa.date32())
    for day in pc.unique(on).to_pylist():
        save(table.filter(pc.equal(on, day)), folder / f"{DAY}{day.isoformat()}" / f"{name}.parquet")
    return table.num_rows


def combined(tables: list[pa.Table]) -> pa.Table:
    """Return tables below one another; where two models differ in their columns, what one lacks is null."""
    return pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})


def save(table: pa.Table, path: Path) -> None:
    """Write a Parquet file, whole, and so that it survives the machine."""
    with replacing(path) as unfinished:
        pq.write_table(table, unfinished, compression="zstd")
        with unfinished.open("rb") as file:
            os.fsync(file)
    sync_folder(path.parent)
    sync_folder(path.parent.parent)


def load(path: Path) -> pa.Table:
    """Read a Parquet file by itself: its folder's name is no column."""
    return pq.read_table(path, partitioning=None)


def of_days(table: pa.Table, first: date | None, last: date | None) -> pa.Table:
    """Return the rows of some days."""
    if not table.num_rows:
        return table
    on = table["request_time"].cast(pa.date32())
    kept = pc.and_(pc.greater_equal(on, pa.scalar(first or date.min)), pc.less_equal(on, pa.scalar(last or date.max)))
    return table.filter(kept)
