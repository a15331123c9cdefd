"""The values of one column as numpy's, and which of them JSON's rules would refuse.

Read from pyarrow's buffers: its own functions for this load pandas or its compute library, which take memory and time.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ....core.schema import Feature, Kind
from ..requests import LARGEST_FLOAT32, MOST_LETTERS
from .texts import is_text, letters_fit

INTEGERS = {getattr(pa, kind)(): np.dtype(kind) for kind in ("int8", "int16", "int32", "int64")}
INTEGERS |= {getattr(pa, f"u{kind}")(): np.dtype(f"u{kind}") for kind in ("int8", "int16", "int32", "int64")}
NUMBERS = INTEGERS | {getattr(pa, kind)(): np.dtype(kind) for kind in ("float16", "float32", "float64")}
DAYS = {pa.date32(): 1, pa.date64(): 86_400_000}
DAYS |= {pa.timestamp(unit): 86_400 * parts for unit, parts in {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}.items()}
TAKEN: dict[Kind, str] = {
    "number": "integers or floats",
    "category": "strings, plain, as views or in a dictionary",
    "boolean": "booleans",
    "date": "dates, or of timestamps at midnight without a time zone",
}
FIRST_DAY, LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))


class Values(NamedTuple):
    """The values of a column, shape (rows,), how many of them are wrong, and the first place where one is."""

    values: NDArray[Any]
    wrong: int
    first: int


def is_taken(kind: pa.DataType, feature: Feature) -> bool:
    """Return whether a column of this type can hold a feature; one of Arrow's type null holds a nullable one."""
    if kind == pa.null():
        return feature.nullable
    if feature.kind == "category":
        return is_text(kind.value_type if isinstance(kind, pa.DictionaryType) else kind)
    known: Any = {"number": NUMBERS, "boolean": (pa.bool_(),), "date": DAYS}[feature.kind]
    return kind in known


def values_of(chunks: list[pa.Array], feature: Feature) -> Values:
    """Return the values of a column, given validated pieces of it that have rows."""
    read = {"number": numbers, "boolean": booleans, "date": dates, "category": categories}[feature.kind]
    pieces, faults = [], []
    for chunk in chunks:
        valid = validity(chunk)
        if chunk.type == pa.null():
            values: NDArray[Any] = np.full(len(chunk), np.nan)
            fits = valid
        else:
            values, fits = read(chunk, feature)
        faults.append(~fits & valid if feature.nullable else ~(fits & valid))
        missing = None if feature.kind == "category" else np.nan
        pieces.append(values if valid.all() else np.where(valid, values, missing))
    wrong = np.concatenate(faults)
    return Values(np.concatenate(pieces), int(wrong.sum()), int(wrong.argmax()))


def numbers(chunk: pa.Array, feature: Feature) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return numbers as JSON's would be read, and which of them are within the feature's limits."""
    values = content(chunk, NUMBERS[chunk.type]).astype(np.float64)
    least = -LARGEST_FLOAT32 if feature.min is None else feature.min
    most = LARGEST_FLOAT32 if feature.max is None else feature.max
    return values, (values >= least) & (values <= most)


def booleans(chunk: pa.Array, feature: Feature) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return booleans as 0 and 1; each is right."""
    return bits(chunk, 1).astype(np.float64), np.ones(len(chunk), dtype=bool)


def dates(chunk: pa.Array, feature: Feature) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return dates as days since 1970-01-01, and which of them are whole days of a year from 1 to 9999."""
    length = DAYS[chunk.type]
    days, rest = np.divmod(content(chunk, np.int32 if length == 1 else np.int64), length)
    return days.astype(np.float64), (rest == 0) & (days >= FIRST_DAY) & (days <= LAST_DAY)


def categories(chunk: pa.Array, feature: Feature) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return texts, and which of them are short enough; of a dictionary only what the rows name is read."""
    if not isinstance(chunk, pa.DictionaryArray):
        return np.array(chunk.to_pylist(), dtype=object), letters_fit(chunk)
    codes = content(chunk.indices, INTEGERS[chunk.indices.type])
    named, places = np.unique(np.where(validity(chunk.indices), codes, 0).astype(np.int64), return_inverse=True)
    if not len(chunk.dictionary):
        return np.full(len(chunk), None), np.ones(len(chunk), dtype=bool)
    texts = np.array([chunk.dictionary[place].as_py() for place in named.tolist()], dtype=object)
    return texts[places], np.array([len(text or "") <= MOST_LETTERS for text in texts])[places]


def validity(chunk: pa.Array) -> NDArray[np.bool_]:
    """Return which rows of a column aren't null, shape (rows,)."""
    if chunk.type == pa.null():
        return np.zeros(len(chunk), dtype=bool)
    if isinstance(chunk, pa.DictionaryArray):
        inner = validity(chunk.dictionary)
        valid = validity(chunk.indices)
        if inner.all() or not valid.any():
            return valid
        codes = content(chunk.indices, INTEGERS[chunk.indices.type]).astype(np.int64)
        return valid & inner[np.where(valid, codes, 0)]
    return bits(chunk, 0) if chunk.buffers()[0] is not None else np.ones(len(chunk), dtype=bool)


def bits(chunk: pa.Array, buffer: int) -> NDArray[np.bool_]:
    """Return one of an array's buffers that has a bit for each row."""
    packed = np.frombuffer(chunk.buffers()[buffer], np.uint8)
    return np.unpackbits(packed, count=chunk.offset + len(chunk), bitorder="little")[chunk.offset :].astype(bool)


def content(chunk: pa.Array, kind: Any) -> NDArray[Any]:
    """Return the numbers of an array's second buffer, those of nulls too."""
    return np.frombuffer(chunk.buffers()[1], kind)[chunk.offset : chunk.offset + len(chunk)]
