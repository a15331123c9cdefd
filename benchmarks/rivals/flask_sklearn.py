"""Flask with the pickled scikit-learn pipeline; gunicorn runs it, as Flask's own documentation says first."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from flask import Flask, request

SIGNATURE = json.loads((Path(os.environ["MODELS"]) / "signature.json").read_text())
NUMBERS = {name: "float32" for name, feature in SIGNATURE["features"].items() if feature["kind"] != "category"}
app = Flask(__name__)
pipeline = joblib.load(Path(os.environ["MATERIAL"]) / "pipeline.joblib")


@app.post("/predict")
def predict() -> dict[str, Any]:
    """Answer rows; nothing checks them."""
    chances = pipeline.predict_proba(pd.DataFrame(request.get_json()["rows"]).astype(NUMBERS))
    best = [SIGNATURE["classes"][place] for place in chances.argmax(axis=1)]
    return {"predictions": best, "probabilities": chances.tolist()}
