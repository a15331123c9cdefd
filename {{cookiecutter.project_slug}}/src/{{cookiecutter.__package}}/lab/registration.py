"""The model in MLflow: logged with its run, registered under its hash, and where it comes from."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.models import infer_signature
from mlflow.models.model import ModelInfo

from ..core.lineage import Lineage
from ..core.schema import sha256
from .stage import Stage
from .tracking import git_state, input_hashes

SERVING = ("mlflow", "msgspec", "numpy", "onnxruntime", "pandas")


def log_model(stage: Stage, example: pd.DataFrame, answer: Any) -> str:
    """Log the stage's ONNX file with the active run, register it unless this is a draft, and return its version.

    MLflow stores it as code around our own runtime: no pickle, and `mlflow models serve` works with it.
    """
    package = Path(__file__).resolve().parents[1]
    # As MLflow would take the model's own 32-bit numbers for a rule and refuse the 64-bit ones of every other table.
    example = example.astype(dict.fromkeys(example.select_dtypes("number"), float))
    info = mlflow.pyfunc.log_model(
        name="model",
        python_model=str(package / "live" / "mlflow_model.py"),
        artifacts={"onnx": str(stage.output("model")), "signature": str(stage.output("signature"))},
        code_paths=[str(package)],
        signature=infer_signature(example, answer),
        input_example=example,
        pip_requirements=[f"{name}=={version(name)}" for name in SERVING],
    )
    return stage.mode if stage.mode == "draft" else register(stage, info)


def register(stage: Stage, info: ModelInfo) -> str:
    """Make a logged model the next version in the registry, tagged with its hash, and return the version."""
    client, name = MlflowClient(), stage.params.name
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    tags = {"sha256": sha256(stage.output("model").read_bytes())}
    return str(client.create_model_version(name, info.model_uri, info.run_id, tags, model_id=info.model_id).version)


def lineage(stage: Stage, active: Run, model_version: str) -> Lineage:
    """Return where the model of the active run comes from."""
    commit, dirty = git_state(stage.root)
    return Lineage(
        name=stage.params.name,
        version=model_version,
        run_id=active.info.run_id,
        git_commit=commit,
        git_dirty=dirty,
        inputs=input_hashes(stage),
        trained=f"{datetime.fromtimestamp(active.info.start_time / 1000, UTC):%Y-%m-%d}",
    )
