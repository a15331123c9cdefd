"""Writing the lines of a spool: what several requests were answered, column by column, in one line of JSON.

A line for each request would take twice the time and twice the room.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from ..runtime import Prediction
from .blocks import Source
from .policy import Columns

MOST_ROWS = 5000
OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE


class Note(NamedTuple):
    """One answered request, as it is handed to the thread that writes; time in µs since 1970, latency in ms.

    Of one row, `columns` has the bare values: arrays kept until they are written cost more to make than to read.
    `rows` is how many it asked for, and `places` which of them are in `columns` and `prediction`, if not all are.
    """

    request_id: str
    time: int
    latency: float
    source: Source
    rows: int
    places: NDArray[np.int64] | None
    columns: Mapping[str, Any]
    prediction: Prediction

    @property
    def kept(self) -> int:
        """How many rows it holds."""
        return len(self.prediction.values)


def drawn(note: Note, most: int) -> Note:
    """Return a note with `most` of its rows, drawn by its request's id."""
    random = np.random.default_rng(zlib.crc32(note.request_id.encode()))
    places = np.sort(random.choice(note.rows, most, replace=False, shuffle=False))
    values, chances = note.prediction
    return note._replace(
        places=places,
        columns={name: column[places] for name, column in note.columns.items()},
        prediction=Prediction(values[places], None if chances is None else chances[places]),
    )


def lines(notes: Iterable[Note], columns: Columns) -> Iterator[tuple[bytes, int]]:
    """Yield lines, each with the number of requests it holds."""
    for source, group in groupby(sorted(notes, key=source_of), key=source_of):
        for part in parts(group):
            yield line(part, source, columns), len(part)


def source_of(note: Note) -> Source:
    """Return which model answered."""
    return note.source


def parts(notes: Iterable[Note]) -> Iterator[list[Note]]:
    """Yield the notes in parts of about MOST_ROWS rows, so that no line is very long."""
    part: list[Note] = []
    rows = 0
    for note in notes:
        part.append(note)
        rows += note.kept
        if rows >= MOST_ROWS:
            yield part
            part, rows = [], 0
    if part:
        yield part


def line(notes: list[Note], source: Source, columns: Columns) -> bytes:
    """Return one line."""
    fed = [note.columns for note in notes]
    chances = [note.prediction.probabilities for note in notes]
    places = [np.arange(note.kept) if note.places is None else note.places for note in notes]
    return orjson.dumps(
        {
            "source": list(source),
            "request_id": [note.request_id for note in notes],
            "time": [note.time for note in notes],
            "latency": [note.latency for note in notes],
            "rows": [note.rows for note in notes],
            "kept": [note.kept for note in notes],
            "place": np.concatenate(places),
            "kinds": columns.kinds,
            "features": {name: noted(together([one[name] for one in fed])) for name, noted in columns.noted.items()},
            "prediction": plain(np.concatenate([note.prediction.values for note in notes])),
            "probabilities": None if chances[0] is None else np.concatenate(chances),
        },
        option=OPTIONS,
    )


def together(columns: list[Any]) -> list[Any]:
    """Return the values of one feature: each is the bare value of one row, or an array of several."""
    values: list[Any] = []
    for one in columns:
        if isinstance(one, np.ndarray):
            values += one.ravel().tolist()
        else:
            values.append(one)
    return values


def plain(values: NDArray[Any]) -> Any:
    """Return an array as orjson takes it: texts as a list."""
    return values.tolist() if values.dtype == object else values
