"""A small repository of a project whose model was trained by DVC and committed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PARAMS = """
name: tiny
seed: 7
task: regression
data: {source: made-up.csv, target: y}
features: {x: {kind: number}}
split: {holdout: 0.2, live: 0.2}
model: {estimator: linear, options: {alpha: 3}}
"""
PIPELINE = """
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [model]
    outs:
      - models/model.onnx
      - models/signature.json
      - models/lineage.json
"""
# A model that says three times x, or four: its bytes are its own, and ONNX Runtime takes them.
TRAIN = """
import hashlib, json, pathlib
import onnx
from onnx import TensorProto, helper
from ruamel.yaml import YAML

alpha = YAML(typ="safe").load(pathlib.Path("params.yaml"))["model"]["options"]["alpha"]
ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("x", "y")]
factor = helper.make_tensor("factor", TensorProto.FLOAT, [1], [float(alpha)])
graph = helper.make_graph([helper.make_node("Mul", ["x", "factor"], ["y"])], "g", ends[:1], ends[1:], [factor])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
models = pathlib.Path("models")
models.mkdir(exist_ok=True)
signature = {"name": "tiny", "task": "regression", "target": "y", "features": {"x": {"kind": "number"}}, "classes": []}
(models / "model.onnx").write_bytes(model)
(models / "signature.json").write_text(json.dumps({**signature, "sha256": hashlib.sha256(model).hexdigest()}))
lineage = {"name": "tiny", "version": "1.0.0", "run_id": "r", "git_commit": "c", "git_dirty": False, "inputs": {}}
(models / "lineage.json").write_text(json.dumps(lineage))
"""
GIT = ["git", "-c", "user.name=ada", "-c", "user.email=ada@localhost", "-c", "init.defaultBranch=main"]


def git(root: Path, *arguments: str) -> str:
    """Run git, whatever the machine's own settings are."""
    environ = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run([*GIT, *arguments], cwd=root, capture_output=True, text=True, check=True, env=environ)
    return done.stdout.strip()


def commit(root: Path, message: str) -> None:
    """Commit everything."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory, run_dvc: Callable[..., str]) -> Path:
    """A repository with main, whose model lies in DVC's cache and in a remote beside it."""
    root = tmp_path_factory.mktemp("trained") / "project"
    root.mkdir()
    files = {"params.yaml": PARAMS, "dvc.yaml": PIPELINE, "train.py": TRAIN, ".gitignore": "/models\n/.draft\n"}
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    git(root, "init", "--quiet")
    run_dvc(root, "init", "--quiet")
    (root / ".dvc" / "config").write_text(
        "[core]\n    analytics = false\n    remote = storage\n['remote \"storage\"']\n    url = ../../storage\n",
        encoding="utf-8",
    )
    run_dvc(root, "repro", "--quiet")
    (root.parent / "storage").mkdir()
    run_dvc(root, "push", "--quiet")
    commit(root, "Train")
    return root


@pytest.fixture
def trained(trained_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it with its remote, on a branch whose model is another."""
    shutil.copytree(trained_once.parent, tmp_path / "copy", symlinks=True)
    root = tmp_path / "copy" / "project"
    git(root, "checkout", "--quiet", "-b", "change")
    (root / "params.yaml").write_text(PARAMS.replace("alpha: 3", "alpha: 4"), encoding="utf-8")
    commit(root, "Four times")
    monkeypatch.chdir(root)
    return root
