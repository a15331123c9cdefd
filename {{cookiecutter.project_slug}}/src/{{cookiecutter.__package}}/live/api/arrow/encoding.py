"""A prediction as an Arrow stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...runtime import Prediction

PROBABILITY = "probability_"


def encode(prediction: Prediction, classes: tuple[str, ...], identity: Mapping[str, str], request_id: str) -> bytes:
    """Return a stream of one batch, with who answered what in the schema's metadata.

    Its columns are `prediction` and, where there are classes, `probability_` and the class for each of them.
    """
    if prediction.probabilities is None:
        arrays = {"prediction": floats(prediction.values)}
    else:
        arrays = {"prediction": texts(prediction.values)}
        arrays |= {
            PROBABILITY + name: floats(chances)
            for name, chances in zip(classes, prediction.probabilities.T, strict=True)
        }
    known = {f"model_{name}" if name != "variant" else name: text for name, text in identity.items()}
    batch = pa.RecordBatch.from_arrays(
        list(arrays.values()), names=list(arrays), metadata={**known, "request_id": request_id}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def texts(values: NDArray[Any]) -> pa.Array:
    """Return texts as an array; pyarrow's own way would load pandas."""
    encoded = {value: value.encode() for value in set(values.tolist())}
    pieces = [encoded[value] for value in values.tolist()]
    ends = np.cumsum([0, *map(len, pieces)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(pieces), pa.py_buffer(ends), pa.py_buffer(b"".join(pieces)))


def floats(values: NDArray[np.float32]) -> pa.Array:
    """Return numbers as an array, likewise."""
    content = pa.py_buffer(np.ascontiguousarray(values, dtype=np.float32))
    return pa.Array.from_buffers(pa.float32(), len(values), [None, content])
