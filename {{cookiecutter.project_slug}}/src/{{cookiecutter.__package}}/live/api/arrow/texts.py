"""How long texts are, before they are read: views and dictionaries name one long text as often as there are rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..requests import MOST_LETTERS
from . import envelope

# A letter takes at most four bytes.
MOST_BYTES = 4 * MOST_LETTERS
TEXTS = (pa.string(), pa.large_string(), pa.string_view())


def is_text(kind: pa.DataType) -> bool:
    """Return whether values of a type are texts."""
    return kind in TEXTS


def check_lengths(batch: pa.RecordBatch) -> None:
    """Refuse views that are longer than any text may be; pyarrow's own check would read each of them to its end.

    Raises:
        RequestError: there is one.
    """
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        texts = column.dictionary if isinstance(column, pa.DictionaryArray) else column
        if texts.type == pa.string_view() and len(texts) and byte_lengths(texts).max() > MOST_BYTES:
            raise envelope.unfit(name, f"must be text of at most {MOST_LETTERS} characters")


def byte_lengths(texts: pa.Array) -> NDArray[np.int64]:
    """Return how many bytes each text has, shape (n,)."""
    size, start = len(texts), texts.offset
    content = texts.buffers()[1]
    if texts.type == pa.string_view():
        # A view is its length and three more numbers.
        return np.frombuffer(content, np.int32)[: 4 * (start + size)].reshape(-1, 4)[start:, 0].astype(np.int64)
    kind = np.int64 if texts.type == pa.large_string() else np.int32
    return np.diff(np.frombuffer(content, kind)[start : start + size + 1].astype(np.int64))


def letters_fit(texts: pa.Array) -> NDArray[np.bool_]:
    """Return which texts have at most as many letters as there may be, shape (n,); it has been validated."""
    lengths = byte_lengths(texts)
    fits = lengths <= MOST_LETTERS
    for place in np.flatnonzero(~fits & (lengths <= MOST_BYTES)).tolist():
        fits[place] = len(texts[place].as_py() or "") <= MOST_LETTERS
    return fits
