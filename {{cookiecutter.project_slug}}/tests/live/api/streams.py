"""Arrow streams to ask with: good ones of every type a column may have, and damaged ones."""

from __future__ import annotations

import datetime as dt
import json
import random
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from {{cookiecutter.__package}}.core.schema import load_schema
from {{cookiecutter.__package}}.live.answers import RequestError
from {{cookiecutter.__package}}.live.api.arrow.decoding import decode
from {{cookiecutter.__package}}.live.api.arrow.encoding import encode
from {{cookiecutter.__package}}.live.runtime import load_model

TYPES = {
    "amount": [pa.float64(), pa.float32(), pa.float16(), pa.int8(), pa.uint64(), pa.int64()],
    "reading": [pa.float64(), pa.float32(), pa.int32(), pa.null()],
    "colour": [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
    "note": [pa.string(), pa.string_view(), pa.dictionary(pa.uint32(), pa.large_string()), pa.null()],
    "member": [pa.bool_()],
    "checked": [pa.bool_(), pa.null()],
    "since": [pa.date32(), pa.date64(), pa.timestamp("s"), pa.timestamp("us"), pa.timestamp("ns")],
    "until": [pa.date32(), pa.timestamp("ms"), pa.null()],
}


def table_of(rows: list[dict[str, Any]], **types: pa.DataType) -> pa.Table:
    """Return rows of a request as a table, its columns of the first of TYPES where none is named."""
    return pa.table({name: array([row[name] for row in rows], types.get(name, TYPES[name][0])) for name in TYPES})


def array(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Return values of a request as an array: whole numbers and nulls where its type holds nothing else."""
    if kind == pa.null():
        return pa.nulls(len(values))
    if pa.types.is_temporal(kind):
        days = [None if value is None else dt.date.fromisoformat(value) for value in values]
        return pa.array(days, pa.date32()).cast(pa.timestamp("s")).cast(kind)
    if pa.types.is_integer(kind):
        return pa.array([None if value is None else int(value) for value in values], kind)
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    return (
        pa.array(values, pa.float64()).cast(kind, safe=False) if pa.types.is_floating(kind) else pa.array(values, kind)
    )


def streamed(table: pa.Table, *, rows: int | None = None, **options: Any) -> bytes:
    """Return a table as a stream, in batches of at most so many rows."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue().to_pybytes()


def varied(rows: list[dict[str, Any]], random_: random.Random) -> bytes:
    """Return rows as a stream whose types and batches are chosen by chance."""
    types = {name: random_.choice(kinds) for name, kinds in TYPES.items()}
    return streamed(table_of(rows, **types), rows=random_.choice([None, 1, 3]))


def mutated(stream: bytes, random_: random.Random) -> bytes:
    """Return a stream with some damage: bytes, numbers, and whole pieces exchanged, cut out or repeated."""
    damaged = bytearray(stream)
    for _ in range(random_.choice([1, 1, 2, 4, 16])):
        place, what = random_.randrange(len(damaged)), random_.randrange(6)
        if what == 0:
            damaged[place] ^= 1 << random_.randrange(8)
        elif what == 1:
            damaged[place] = random_.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif what in (2, 3):
            number = random_.choice([0, -1, 1, 2**31 - 1, -(2**31), 2**16, random_.randrange(-200, 200)])
            wide = what == 3
            aligned = place - place % (8 if wide else 4)
            packed = struct.pack("<q" if wide else "<i", number << (random_.randrange(32) if wide else 0))
            damaged[aligned : aligned + len(packed)] = packed
        elif what == 4:
            del damaged[place : place + random_.choice([1, 8, 64])]
        else:
            piece = damaged[place : place + random_.choice([8, 64])]
            other = random_.randrange(len(damaged))
            damaged[other : other + len(piece)] = piece
        if not damaged:
            break
    return bytes(damaged)


def damaged_streams(rows: list[dict[str, Any]], count: int, seed: int) -> Iterator[bytes]:
    """Yield damaged streams of some rows."""
    random_ = random.Random(seed)
    for turn in range(count):
        if turn % 50 == 0:
            good = varied(rows, random_)
        yield mutated(good, random_)


def read_damaged(folder: Path, count: int) -> None:
    """Read damaged streams, and say how many were answered how."""
    features = load_schema(folder / "schema.json").features
    rows = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
    counts: Counter[int] = Counter()
    for stream in damaged_streams(rows, count, seed=7):
        try:
            decode(stream, features)
            counts[200] += 1
        except RequestError as error:
            counts[error.status] += 1
    print(json.dumps(counts))


def answer_good(folder: Path) -> None:
    """Answer a stream, and say what this has loaded."""
    model = load_model(folder)
    columns = decode((folder / "good.arrow").read_bytes(), model.signature.features)
    encode(model.predict(columns), model.signature.classes, {}, "x")
    print(*sys.modules)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        read_damaged(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        answer_good(Path(sys.argv[1]))
