"""Recording what a stage did in MLflow: parameters, metrics, figures, data, and where it all came from."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import msgspec
import pandas as pd
from mlflow.data.sources import LocalArtifactDatasetSource
from mlflow.entities import LifecycleStage, Run
from mlflow.exceptions import MlflowException

from ..core.params import Params
from ..core.registry.server import require_answer
from ..core.schema import sha256
from .stage import Stage
from .store import end_dead_runs, writer
from .workspace import place

UNFIT = re.compile(r"[^\w.\- :]")


@contextmanager
def run(stage: Stage, resume: str | None = None) -> Iterator[Run]:
    """Open the stage's MLflow run, tagged with its origin.

    Drafts are kept in an experiment of their own, so that the official one shows only what DVC ran. `resume` goes on
    with an earlier run if it is in the same experiment; otherwise the new run names it in its tag `continues`.

    Raises:
        StoreError: MLFLOW_TRACKING_URI names a server that doesn't answer or lets nobody in.
    """
    home = experiment(stage)
    end_dead_runs(home)
    mlflow.set_experiment(experiment_id=home)
    if resume and experiment_of(resume) == home:
        with mlflow.start_run(run_id=resume) as active:
            mlflow.set_tags(writer())
            yield active
        return
    with mlflow.start_run(run_name=f"{stage.spec.name}-{stage.mode}") as active:
        mlflow.set_tags(origin(stage) | writer() | ({"continues": resume} if resume else {}))
        yield active


def experiment(stage: Stage, purpose: str = "") -> str:
    """Return the id of the stage's experiment, made on first use with its artifacts beside the database.

    What has a purpose of its own, such as tuning, has an experiment of its own.
    """
    require_answer(stage.tracking_uri)
    mlflow.set_tracking_uri(stage.tracking_uri)
    suffix = purpose or ("drafts" if stage.mode == "draft" else "")
    name = stage.params.name + (f"-{suffix}" if suffix else "")
    found = mlflow.get_experiment_by_name(name)
    if found:
        return found.experiment_id
    local = stage.tracking_uri.startswith("sqlite:")
    artifacts = place(stage.root, "smoke" if stage.mode == "smoke" else "official", "mlartifacts")
    return mlflow.create_experiment(name, artifact_location=artifacts.as_uri() if local else None)


def experiment_of(run_id: str) -> str | None:
    """Return the experiment of a run, or None if this tracking store doesn't know the run, or has deleted it."""
    try:
        info = mlflow.get_run(run_id).info
    except MlflowException:
        return None
    return info.experiment_id if info.lifecycle_stage == LifecycleStage.ACTIVE else None


def origin(stage: Stage) -> dict[str, str]:
    """Return the tags that say where a run comes from: stage, mode, commit, and the hash of everything it read."""
    commit, dirty = git_state(stage.root)
    hashes = {f"input.{name}": value for name, value in input_hashes(stage).items()}
    return {
        "stage": stage.spec.name,
        "mode": stage.mode,
        "git.commit": commit,
        "git.dirty": str(dirty).lower(),
        **hashes,
    }


def input_hashes(stage: Stage) -> dict[str, str]:
    """Return the SHA-256 of each file the stage depends on, by its path with the notebook's code among them."""
    found: dict[str, str] = {}
    for relative in (*stage.spec.inputs, "params.yaml"):
        path = stage.root / relative
        tracked = path if path.suffix in (".py", ".txt", ".yaml") else stage.source(relative)
        if tracked.is_file():
            found[relative] = sha256(tracked.read_bytes())
    return found


def git_state(root: Path) -> tuple[str, bool]:
    """Return the commit, or 'none' outside a repository, and whether anything but results differs from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    changes = git("status", "--porcelain", "--", ".", ":!dvc.lock", ":!metrics")
    return git("rev-parse", "HEAD") or "none", bool(changes)


def log_results(part: str, found: Mapping[str, float], *, passed: bool) -> None:
    """Record the metrics of a part of the table, and whether the gate let the model pass."""
    mlflow.log_metrics({f"{part}.{name}": value for name, value in found.items()})
    mlflow.set_tag("passed", passed)


def log_dataset(table: pd.DataFrame, path: Path, target: str, context: str) -> None:
    """Record which table the active run learned from or was measured on."""
    source = LocalArtifactDatasetSource(str(path))
    # As floats, because MLflow warns of every integer column that it could not hold a missing value.
    numbers = table.astype(dict.fromkeys(table.select_dtypes("integer"), float))
    mlflow.log_input(mlflow.data.from_pandas(numbers, source=source, targets=target, name=path.stem), context=context)


def log_figures(figures: Mapping[str, Any]) -> None:
    """Keep figures with the active run, as figures/NAME.png."""
    for name, figure in figures.items():
        mlflow.log_figure(figure, f"figures/{name}.png")


def flat(params: Params) -> dict[str, Any]:
    """Return all parameters by their dotted names, as MLflow compares them."""
    plain = msgspec.to_builtins(params)
    return {name: value for key, entry in plain.items() for name, value in flattened(key, entry)}


def flattened(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield dotted names and values of nested mappings."""
    if isinstance(value, dict):
        for key, entry in value.items():
            # A column may be called anything, and a parameter of MLflow may not.
            yield from flattened(f"{name}.{UNFIT.sub('_', key)}", entry)
    else:
        yield name, value
