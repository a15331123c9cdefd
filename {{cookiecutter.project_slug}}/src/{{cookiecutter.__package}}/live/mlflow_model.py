"""The model as MLflow loads it: our own runtime around the ONNX file. Only MLflow imports this module."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext

from {{cookiecutter.__package}}.live.runtime import load_model


class OnnxModel(PythonModel):
    """Answers a table of features with class names or numbers."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the ONNX file and its signature, which lie side by side."""
        self.model = load_model(Path(context.artifacts["onnx"]).parent)

    def predict(self, context: PythonModelContext, model_input: pd.DataFrame, params: Any = None) -> np.ndarray:
        """Return one prediction a row."""
        return self.model.answer(model_input).values


mlflow.models.set_model(OnnxModel())
