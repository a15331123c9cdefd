"""A tiny project with two notebooks, for the tests of the engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PARAMS = """
name: tiny
seed: 7
task: binary
data: {source: made-up.csv, id: key, time: at, target: outcome, classes: ["no", "yes"]}
features:
  amount: {kind: number, about: what the target follows}
  since: {kind: date}
model: {estimator: hist_gradient_boosting, options: {max_iter: 5, learning_rate: 0.1}}
"""
SMOKE = """
data: {rows: 50}
"""
DVC = """
stages:
  code:
    foreach: [01_first, 02_second]
    do:
      cmd: lab project ${item}
      deps:
        - notebooks/${item}.ipynb
      outs:
        - notebooks/code/${item}.py:
            cache: false

  first:
    cmd: lab run 01_first
    deps:
      - notebooks/code/01_first.py
    outs:
      - data/table.txt
      - reports/01_first.ipynb

  second:
    cmd: lab run 02_second
    deps:
      - notebooks/code/02_second.py
      - data/table.txt
      - requirements/serve.txt
    outs:
      - models/model.onnx
      - models/signature.json
      - reports/02_second.ipynb
    metrics:
      - metrics/evaluation.json:
          cache: false
"""


def cell(source: str, kind: str = "code", tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return one cell of a notebook."""
    common = {"cell_type": kind, "id": f"cell-{abs(hash(source)) % 10**8}", "source": source}
    metadata = {"tags": list(tags)} if tags else {}
    return {**common, "metadata": metadata, **({"outputs": [], "execution_count": None} if kind == "code" else {})}


@pytest.fixture(scope="session")
def make_notebook() -> Callable[..., dict[str, Any]]:
    """Make a notebook of these code cells; a cell may also be given as a dictionary."""

    def make(*cells: str | dict[str, Any]) -> dict[str, Any]:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        made = [cell(entry) if isinstance(entry, str) else entry for entry in cells]
        return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}

    return make


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., dict[str, Any]]:
    """Make one cell: source, kind and tags."""
    return cell


@pytest.fixture(scope="session")
def make_project(make_notebook: Callable[..., dict[str, Any]]) -> Callable[[Path], Path]:
    """Lay out a tiny project in a folder: parameters of its own, two stages, two notebooks."""

    def make(root: Path) -> Path:
        for folder in ("notebooks/code", "requirements", "data"):
            (root / folder).mkdir(parents=True)
        (root / "params.yaml").write_text(PARAMS, encoding="utf-8")
        (root / "params.smoke.yaml").write_text(SMOKE, encoding="utf-8")
        (root / "dvc.yaml").write_text(DVC, encoding="utf-8")
        (root / "requirements" / "serve.txt").write_text("numpy\n", encoding="utf-8")
        for name in ("01_first", "02_second"):
            write_json(root / f"notebooks/{name}.ipynb", make_notebook("1 + 1"))
        return root

    return make


def write_json(path: Path, value: Any) -> None:
    """Write JSON as Jupyter does."""
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")


@pytest.fixture
def tiny(tmp_path: Path, make_project: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny project, whose notebooks folder is the current one, as it is for a kernel."""
    root = make_project(tmp_path / "tiny")
    monkeypatch.chdir(root / "notebooks")
    return root


@pytest.fixture
def write_notebook(tiny: Path, make_notebook: Callable[..., dict[str, Any]]) -> Callable[..., Path]:
    """Write a notebook of the tiny project and return its path."""

    def write(name: str, *cells: str | dict[str, Any]) -> Path:
        path = tiny / "notebooks" / f"{name}.ipynb"
        write_json(path, make_notebook(*cells))
        return path

    return write
