"""The model in MLflow: logged with its run, registered under its hash and a version, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import md5
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import mlflow
import msgspec
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.models import infer_signature
from mlflow.models.model import ModelInfo

from ..core.lineage import Lineage
from ..core.project import is_recorded
from ..core.registry import catalogue, entries
from ..core.registry.entries import Version
from ..core.registry.server import require_answer
from ..core.schema import Signature, sha256
from .stage import Stage
from .tracking import git_state, input_hashes
from .versioning import Made, derived, trained_on

SERVING = ("mlflow", "msgspec", "numpy", "onnxruntime", "pandas")


class Registered(NamedTuple):
    """What a model is called: its semantic version, and MLflow's number, which a draft doesn't have."""

    version: str
    number: str | None = None


def log_model(stage: Stage, example: pd.DataFrame, answer: Any) -> Registered:
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
    # So that a draft's model is traced as well, and one that another run had registered already.
    mlflow.set_tags(hashes(stage.output("model").read_bytes()))
    return Registered(stage.mode) if stage.mode == "draft" else register(stage, info)


def hashes(model: bytes) -> dict[str, str]:
    """Return the tags that say which model a run made: its hash, and the one under which DVC knows it."""
    return {entries.MODEL_SHA256: sha256(model), entries.MODEL_MD5: md5(model, usedforsecurity=False).hexdigest()}


def register(stage: Stage, info: ModelInfo) -> Registered:
    """Make a logged model a version of the registry, and return what it is called.

    A model is its bytes and the signature beside them: the same two are registered once, however often they are made,
    and the first version keeps its name. Its hashes and its version are written in one call with it, so that of two
    that are registered at the same time, and chose the same version, the earlier number has it for everybody.
    """
    client, name, signature = MlflowClient(), stage.params.name, own_signature(stage)
    catalogue.make(client, name)
    made: set[int] = set()
    while (found := entries.registered_as(known := catalogue.versions(client, name), signature)) is None:
        tags = tags_of(stage, signature, known)
        source = {"run_id": info.run_id, "model_id": info.model_id}
        entry = catalogue.asked(client.create_model_version, name, info.model_uri, tags=tags, **source)
        made.add(int(entry.version))
    for number in made - {found.number}:
        catalogue.asked(client.delete_model_version, name, str(number))
    return Registered(found.version, str(found.number))


def own_signature(stage: Stage) -> Signature:
    """Return the signature that the stage wrote beside its model, with the hash of the bytes that are there."""
    written = msgspec.json.decode(stage.output("signature").read_bytes(), type=Signature)
    return msgspec.structs.replace(written, sha256=sha256(stage.output("model").read_bytes()))


def tags_of(stage: Stage, signature: Signature, known: list[Version]) -> dict[str, str]:
    """Return the tags of a new version, its own version among them, given what is registered already."""
    made = Made(signature, trained_on(input_hashes(stage)))
    tags = {
        entries.SHA256: signature.sha256,
        entries.SIGNATURE: entries.hash_of(signature),
        entries.TRAINED_ON: made.table,
        entries.VERSION: derived(made, stage.params.name, stage.root, os.environ, known),
    }
    return {tag: value for tag, value in tags.items() if value}


def lineage(stage: Stage, active: Run, registered: Registered) -> Lineage:
    """Return where the model of the active run comes from, and what it is called."""
    commit, dirty = git_state(stage.root)
    return Lineage(
        name=stage.params.name,
        version=registered.version,
        registered=registered.number,
        run_id=active.info.run_id,
        git_commit=commit,
        git_dirty=dirty,
        inputs=input_hashes(stage),
        trained=f"{datetime.fromtimestamp(active.info.start_time / 1000, UTC):%Y-%m-%d}",
    )


def record_verdict(stage: Stage, known: Lineage, gate: Mapping[str, Any] | msgspec.Struct) -> bool:
    """Tag a registered version with the gate's verdict, as metrics/gate.json holds it, and return whether it was.

    It is not where this is a draft, or where the registry doesn't have the model, as in the clone of somebody else.
    """
    content = msgspec.to_builtins(gate, enc_hook=lambda number: number.item())
    verdict = entries.verdict_of(content, compare=stage.params.evaluation.gate.compare)
    wanted, text = (known.registered, verdict.sha256), msgspec.json.encode(verdict).decode()
    found = [entry for entry in registered_versions(stage) if (str(entry.number), entry.sha256) == wanted]
    for entry in found:
        tag = (stage.params.name, str(entry.number), entries.GATE, text)
        catalogue.asked(MlflowClient().set_model_version_tag, *tag)
    return bool(found)


def attach(stage: Stage, signature: Signature, folder: str, *paths: Path) -> bool:
    """Keep files with the run that registered a model, below `folder`, and return whether they were.

    They are not in a draft, or where the registry doesn't have the model. The run is the one that made these bytes
    first, and not always the one that made them again.
    """
    found = entries.registered_as(registered_versions(stage), signature)
    if found is None or not found.run_id:
        return False
    for path in paths:
        catalogue.asked(MlflowClient().log_artifact, found.run_id, str(path), folder)
    return True


def registered_versions(stage: Stage) -> list[Version]:
    """Return what is registered of the project's models; nothing in a draft, which must not change what is official.

    Raises:
        StoreError: MLFLOW_TRACKING_URI names a server that doesn't answer or lets nobody in.
    """
    if stage.mode == "draft" or not is_recorded(stage.tracking_uri):
        return []
    require_answer(stage.tracking_uri)
    mlflow.set_tracking_uri(stage.tracking_uri)
    return catalogue.versions(MlflowClient(), stage.params.name)
