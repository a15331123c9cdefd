"""FastAPI with the pickled scikit-learn pipeline, as most tutorials have it."""

from __future__ import annotations

from typing import Any

import joblib
import pandas as pd
from fastapi import FastAPI
from shapes import CLASSES, FEATURES, MATERIAL, Request

NUMBERS = {name: "float32" for name, feature in FEATURES.items() if feature["kind"] != "category"}
app = FastAPI()
pipeline = joblib.load(MATERIAL / "pipeline.joblib")


@app.post("/predict")
def predict(request: Request) -> dict[str, Any]:
    """Answer rows, in FastAPI's pool of threads: scikit-learn would hold the event loop up."""
    frame = pd.DataFrame([row.model_dump() for row in request.rows]).astype(NUMBERS)
    chances = pipeline.predict_proba(frame)
    return {"predictions": [CLASSES[best] for best in chances.argmax(axis=1)], "probabilities": chances.tolist()}
