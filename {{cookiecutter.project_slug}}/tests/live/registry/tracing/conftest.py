"""A small project with a real history: git, a pipeline that DVC ran twice, and MLflow with two registered models."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient
from ruamel.yaml import YAML

from {{cookiecutter.__package}}.core.lineage import Lineage
from {{cookiecutter.__package}}.core.schema import sha256
from {{cookiecutter.__package}}.live.commands import trace

NAME = "tiny"
PARAMS = "name: tiny\nseed: 1\nmodel:\n  trees: 10\nevaluation:\n  rows: 100\n"
IGNORED = "/mlflow.db*\n/mlartifacts/\n/next/\n"
READ, TABLE = ("notebooks/code/03_train.py", "src/code.py", "params.yaml"), "data/processed/train.parquet"
# The stages have the names, files and links of the project's own; what they make waits in next/.
PIPELINE = """
stages:
  ingest:
    cmd: cat data/external/own.csv dvc.yaml > data/raw/table.parquet
    deps: [data/external]
    outs: [data/raw/table.parquet]
  prepare:
    cmd: cat data/raw/table.parquet .gitignore > data/processed/train.parquet && cp next/02_prepare.ipynb reports/
    deps: [data/raw/table.parquet]
    params: [seed]
    outs: [data/processed/train.parquet, reports/02_prepare.ipynb]
  train:
    cmd: cp next/model.onnx next/signature.json next/lineage.json models/ && cp next/03_train.ipynb reports/
    deps: [notebooks/code/03_train.py, src/code.py, data/processed/train.parquet]
    params: [seed, model.trees]
    outs: [models/model.onnx, models/signature.json, models/lineage.json, reports/03_train.ipynb]
  evaluate:
    cmd: cp next/evaluation.json metrics/ && cp next/04_evaluate.ipynb reports/
    deps: [models/model.onnx]
    params: [evaluation]
    outs: [reports/04_evaluate.ipynb]
    metrics:
      - metrics/evaluation.json:
          cache: false
"""


class Made(NamedTuple):
    """A model and what led to it; `md5` is by path, as its dvc.lock has it."""

    sha256: str
    run_id: str
    trained_on: str
    commit: str
    md5: dict[str, str]


class World(NamedTuple):
    """The project and its two models, the second of them the champion; between them somebody committed prose."""

    root: Path
    first: Made
    second: Made
    prose: str

    @property
    def client(self) -> MlflowClient:
        """MLflow as the project has it."""
        uri = f"sqlite:///{self.root / 'mlflow.db'}"
        return MlflowClient(uri, uri)

    def git(self, *arguments: str) -> str:
        """Run git in the project and return what it prints."""
        return git(self.root, *arguments)

    def dvc(self, *arguments: str) -> None:
        """Run DVC in the project."""
        dvc(self.root, *arguments)

    def commit(self, subject: str) -> str:
        """Commit everything and return the commit's id."""
        return commit(self.root, subject)

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file of the project."""
        write(self.root / path, content)

    def register(self, model: str, run: str, version: str, gate: dict | None = None) -> str:
        """Register a model and return MLflow's number."""
        return register(self.client, model, run, version, gate)

    def kept(self, made: Made, path: str) -> Path:
        """Return where DVC's cache keeps a file of a model."""
        return self.root / ".dvc/cache/files/md5" / made.md5[path][:2] / made.md5[path][2:]

    def lose(self, made: Made, path: str) -> None:
        """Remove a file of a model from DVC's cache and from its place."""
        self.kept(made, path).unlink()
        (self.root / path).unlink(missing_ok=True)


def git(root: Path, *arguments: str) -> str:
    """Run git in a project and return what it prints."""
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
    command = ["git", *who, "-c", "core.hooksPath=/dev/null", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def dvc(root: Path, *arguments: str) -> None:
    """Run DVC in a project."""
    subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=root, capture_output=True, check=True)


def commit(root: Path, subject: str) -> str:
    """Commit everything and return the commit's id."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", subject)
    return git(root, "rev-parse", "HEAD")


def write(path: Path, content: str | bytes) -> None:
    """Write a file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def lay_out(root: Path) -> None:
    """Write the project as it is before anything ran, with a table that DVC tracks."""
    files = {
        "params.yaml": PARAMS,
        "dvc.yaml": PIPELINE,
        ".gitignore": IGNORED,
        ".dvc/config": "[core]\n    analytics = false\n    autostage = false\n",
        ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
        "notebooks/code/03_train.py": "fit(trees)\n",
        "src/code.py": "trees = 1\n",
        "data/external/own.csv": "x,y\n1,2\n",
    }
    for path, content in files.items():
        write(root / path, content)
    for folder in ("data/raw", "data/processed", "models", "metrics", "reports", "next"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    dvc(root, "add", "--quiet", "data/external/own.csv")


def run_pipeline(root: Path, client: MlflowClient, model: bytes) -> tuple[str, str]:
    """Let DVC run what changed, the training recorded as the lab does; return the run's id and the commit under it."""
    (home,) = (e.experiment_id for e in client.search_experiments() if e.name == NAME)
    for number, stage in enumerate(("prepare", "train", "evaluate"), start=2):
        write(root / f"next/0{number}_{stage}.ipynb", json.dumps({"cells": [], "said": [stage, sha256(model)]}))
    head, dirty = git(root, "rev-parse", "HEAD"), bool(git(root, "status", "--porcelain", ":!dvc.lock", ":!metrics"))
    table = b"".join((root / path).read_bytes() for path in ("data/external/own.csv", "dvc.yaml", ".gitignore"))
    inputs = {path: sha256((root / path).read_bytes()) for path in READ} | {TABLE: sha256(table)}
    tags = {"stage": "train", "mode": "official", "git.commit": head, "git.dirty": str(dirty).lower()}
    tags |= {f"input.{path}": hash for path, hash in inputs.items()}
    run = client.create_run(home, tags=tags, run_name="train-official").info.run_id
    client.set_terminated(run)
    lineage = Lineage(name=NAME, version="1", run_id=run, git_commit=head, git_dirty=dirty, inputs=inputs)
    write(root / "next/model.onnx", model)
    write(root / "next/signature.json", json.dumps({"name": NAME, "sha256": sha256(model)}))
    write(root / "next/lineage.json", msgspec.json.encode(lineage))
    write(root / "next/evaluation.json", json.dumps({"sha256": sha256(model), "rows": 100}))
    dvc(root, "repro", "--quiet")
    return run, head


def register(client: MlflowClient, model: str, run: str, version: str, gate: dict | None = None) -> str:
    """Register a model as the lab and the gate do, and return MLflow's number."""
    tags = {"sha256": model, "version": version} | ({"gate": json.dumps(gate)} if gate else {})
    return str(client.create_model_version(NAME, f"runs:/{run}/model", run, tags).version)


def made_at(root: Path, model: bytes, run: str, trained_on: str, commit: str) -> Made:
    """Return a model with the hashes that its dvc.lock names."""
    stages = YAML(typ="safe", pure=True).load((root / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    items = [item for stage in stages.values() for key in ("deps", "outs") for item in stage.get(key, ())]
    return Made(sha256(model), run, trained_on, commit, {item["path"]: item["md5"] for item in items})


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The project as it is on a good day. Tests don't change it: those that do take a copy.

    The first model was trained with code that was not committed yet, the second with parameters.
    """
    root = tmp_path_factory.mktemp("traced") / "tiny"
    lay_out(root)
    uri = f"sqlite:///{root / 'mlflow.db'}"
    client = MlflowClient(uri, uri)
    client.create_experiment(NAME, artifact_location=(root / "mlartifacts").as_uri())
    client.create_registered_model(NAME)
    commit(root, "Begin")
    write(root / "src/code.py", "trees = 2\n")
    run, head = run_pipeline(root, client, b"the first model")
    first = made_at(root, b"the first model", run, head, commit(root, "First model"))
    number = register(client, first.sha256, run, "1.0.0", {"sha256": first.sha256, "passed": True, "champion": None})
    client.set_registered_model_alias(NAME, "former", number)
    write(root / "README.md", "About it.\n")
    prose = commit(root, "Prose")
    write(root / "params.yaml", PARAMS.replace("trees: 10", "trees: 20"))
    run, head = run_pipeline(root, client, b"the second model")
    second = made_at(root, b"the second model", run, head, commit(root, "Second model"))
    gate = {"sha256": second.sha256, "passed": True, "compared": True, "champion": first.sha256, "failed": []}
    client.set_registered_model_alias(NAME, "champion", register(client, second.sha256, run, "1.1.0", gate))
    return World(root, first, second, prose)


@pytest.fixture
def copied(world: World, tmp_path: Path) -> World:
    """A copy of the project that a test may break."""
    root = tmp_path / "tiny"
    shutil.copytree(world.root, root, symlinks=True)
    return world._replace(root=root)


@pytest.fixture
def live_trace(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call `live trace` in a project."""

    def call(root: Path, *arguments: str, given: bytes = b"") -> Result:
        monkeypatch.chdir(root)
        return CliRunner().invoke(trace.trace, list(arguments), input=given)

    return call
