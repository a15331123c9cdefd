"""FastAPI with the same ONNX file, tuned by hand: what its documentation, and profiles, say helps, in one file.

No pool of threads (`async def`), the body validated by pydantic straight from its bytes, one intra-op thread, numbers
written by orjson without a detour over lists. uvicorn runs it on uvloop and httptools, without an access log.
"""

from __future__ import annotations

from typing import Any

import fastapi
import numpy as np
import onnxruntime
import orjson
from pydantic import ValidationError
from shapes import CLASSES, FEATURES, MODELS, Request

KINDS = {name: object if feature["kind"] == "category" else np.float32 for name, feature in FEATURES.items()}
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(str(MODELS / "model.onnx"), options, providers=["CPUExecutionProvider"])
output = session.get_outputs()[-1].name
classes = np.array(CLASSES, dtype=object)
app = fastapi.FastAPI()


@app.post("/predict", openapi_extra={"requestBody": {"content": {"application/json": {}}}})
async def predict(request: fastapi.Request) -> fastapi.Response:
    """Answer rows."""
    try:
        rows = Request.__pydantic_validator__.validate_json(await request.body()).rows
    except ValidationError as error:
        return fastapi.Response(error.json(include_input=False), 422, media_type="application/json")
    return answered(rows)


@app.post("/predict/documented")
async def predict_documented(request: Request) -> fastapi.Response:
    """Answer rows that FastAPI has decoded and validated itself, which keeps its errors and its documentation."""
    return answered(request.rows)


def answered(rows: list[Any]) -> fastapi.Response:
    """Ask the model."""
    feed: dict[str, Any] = {
        name: np.array([getattr(row, name) for row in rows], dtype=kind).reshape(-1, 1) for name, kind in KINDS.items()
    }
    chances = session.run([output], feed)[0]
    answer = {"predictions": classes[chances.argmax(axis=1)].tolist(), "probabilities": chances}
    return fastapi.Response(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")
