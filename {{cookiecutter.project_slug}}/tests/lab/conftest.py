"""A tiny project with two notebooks, for the tests of the engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from {{cookiecutter.__package}} import lab

PARAMS = """
name: tiny
seed: 7
task: binary
data: {source: made-up.csv, id: key, time: at, target: outcome, classes: ["no", "yes"]}
features:
  amount: {kind: number, about: what the target follows}
  since: {kind: date}
split:
  holdout: 0.2
  live: 0.2
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


@pytest.fixture(scope="session")
def open_stage() -> Callable[[str], str]:
    """Return the first cell of a stage's notebook."""
    return lambda name: f"from {lab.__name__} import Stage\n\nstage = Stage('{name}')"


RUN_DVC = """
stages:
  code:
    foreach: [01_first, 02_second, 03_third]
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
      - src/module.py
      - data/external
    params: [seed, split]
    outs:
      - data/table.txt
      - reports/01_first.ipynb

  second:
    cmd: lab run 02_second
    deps:
      - notebooks/code/02_second.py
      - data/table.txt
    params:
      - params.smoke.yaml: [data.rows]
    outs:
      - models/bento
      - reports/02_second.ipynb
    metrics:
      - metrics/evaluation.json:
          cache: false

  third:
    cmd: lab run 03_third
    deps:
      - notebooks/code/03_third.py
    outs:
      - reports/03_third.ipynb
"""
RUN_CELLS = {
    "first": ["table = stage.output('table')", "table.write_text('whole')"],
    "second": [
        "import json",
        "bento = stage.output('bento')\n(bento / 'src').mkdir(parents=True, exist_ok=True)",
        "for name in ('b.txt', 'a.txt', 'src/c.txt'):\n    (bento / name).write_text(name)",
        "stage.output('evaluation').write_text(json.dumps({'rows': 3}))",
    ],
    "third": ["answer = 42", "answer"],
}


def dvc(root: Path, *arguments: str) -> str:
    """Run DVC in a project as `make pipeline` does, and return what it prints; it says why where it fails."""
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def set_params(path: Path, **values: Any) -> None:
    """Give top-level keys of a parameter file these values."""
    yaml = YAML()
    content = yaml.load(path.read_text(encoding="utf-8"))
    content.update(values)
    yaml.dump(content, path)


@pytest.fixture(scope="session")
def run_dvc() -> Callable[..., str]:
    """Run DVC in a project."""
    return dvc


@pytest.fixture(scope="session")
def run_once(
    tmp_path_factory: pytest.TempPathFactory,
    make_project: Callable[[Path], Path],
    make_notebook: Callable[..., dict[str, Any]],
    open_stage: Callable[[str], str],
) -> Path:
    """A project of three notebooks that DVC has run: the second reads what the first makes, the third nothing."""
    root = make_project(tmp_path_factory.mktemp("run") / "project")
    (root / "dvc.yaml").write_text(RUN_DVC, encoding="utf-8")
    # Whatever a project's own parameters are, tests can rely on these.
    set_params(root / "params.yaml", name="tiny", seed=2013)
    set_params(root / "params.smoke.yaml", data={"rows": 16000})
    (root / ".dvcignore").write_text("__pycache__\n", encoding="utf-8")
    for folder in ("src", "data/external/deep"):
        (root / folder).mkdir(parents=True)
    (root / "src" / "module.py").write_text("", encoding="utf-8")
    for name in ("2.csv", "10.csv", "deep/1.csv"):
        (root / "data" / "external" / name).write_text(name, encoding="utf-8")
    for number, name in enumerate(RUN_CELLS, start=1):
        contract = cell(f"stage.verdict('{name} done', True)", tags=("nbval-check-output",))
        promise = {"output_type": "stream", "name": "stdout", "text": f"{name} done: yes\n"}
        kept = {**contract, "outputs": [promise], "execution_count": len(RUN_CELLS[name]) + 2}
        prose = cell("# Why", kind="markdown")
        notebook = make_notebook(prose, open_stage(name), *RUN_CELLS[name], kept)
        write_json(root / f"notebooks/0{number}_{name}.ipynb", notebook)
    dvc(root, "init", "--quiet", "--no-scm")
    dvc(root, "repro", "--quiet")
    return root


@pytest.fixture
def pipeline_ran(run_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project, which a test may change; it is the current folder."""
    root = tmp_path / "project"
    shutil.copytree(run_once, root)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def edit(pipeline_ran: Path) -> Callable[..., None]:
    """Change a notebook of that project in place."""

    def change(name: str, how: Callable[[list[dict[str, Any]]], Any]) -> None:
        path = pipeline_ran / "notebooks" / f"{name}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        how(notebook["cells"])
        write_json(path, notebook)

    return change


@pytest.fixture
def processes() -> Iterator[dict[str, int]]:
    """The ids of a DVC that runs, of one that was killed but not collected, of one that is gone, and of another."""
    wait = [sys.executable, "-c", "input()"]
    commands = {"running": [*wait, "dvc"], "killed": [*wait, "dvc"], "gone": [*wait, "dvc"], "other": wait}
    started = {name: subprocess.Popen(line, stdin=subprocess.PIPE) for name, line in commands.items()}
    started["killed"].kill()
    os.waitid(os.P_PID, started["killed"].pid, os.WEXITED | os.WNOWAIT)
    started["gone"].kill()
    started["gone"].wait()
    yield {name: process.pid for name, process in started.items()}
    for process in started.values():
        process.kill()
        process.communicate()
