"""A prediction as an Arrow stream."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ...runtime import Prediction

PROBABILITY = "probability_"


def encode(prediction: Prediction, classes: tuple[str, ...], identity: Mapping[str, str], request_id: str) -> bytes:
    """Return a stream of one batch, with who answered what in the schema's metadata.

    Its columns are `prediction` and, where there are classes, `probability_` and the class for each of them.
    """
    if prediction.probabilities is None:
        arrays = {"prediction": pa.array(prediction.values)}
    else:
        arrays = {"prediction": pa.array(prediction.values, pa.string())}
        for name, chances in zip(classes, prediction.probabilities.T, strict=True):
            arrays[PROBABILITY + name] = pa.array(np.ascontiguousarray(chances))
    known = {f"model_{name}" if name != "variant" else name: text for name, text in identity.items()}
    batch = pa.RecordBatch.from_arrays(
        list(arrays.values()), names=list(arrays), metadata={**known, "request_id": request_id}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()
