"""`lab tune`: a real search on a small table, stopped and gone on with, recorded, and written into params.yaml."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient
from mlflow.entities import Run

from {{cookiecutter.__package}}.core import params, schema
from {{cookiecutter.__package}}.lab import cli
from {{cookiecutter.__package}}.lab.tuning import choices

PARAMS = """
name: tiny
seed: 5
task: binary
data: {source: table.csv, time: when, target: target}

model:
  estimator: hist_gradient_boosting    # the plain one
  options:
    max_iter: 150   # how many trees
    learning_rate: 0.3

# What counts.
evaluation:   {primary:   roc_auc}
tune: {trials: 4, folds: 2, space: {learning_rate: [0.01, 0.3], max_leaf_nodes: [4, 31]}}
"""
DVC = """
stages:
  train:
    cmd: lab run 03_train
    deps: [data/processed/train.parquet, data/raw/schema.json]
    outs: [models/model.onnx]
"""
FEATURES = {
    "amount": schema.Feature(kind="number", nullable=True),
    "colour": schema.Feature(kind="category"),
}


@pytest.fixture
def make_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Lay out a project that has nothing but its training data, and go there."""

    def make(name: str) -> Path:
        root = tmp_path / name
        (root / "data/processed").mkdir(parents=True)
        (root / "data/raw").mkdir()
        (root / "params.yaml").write_text(PARAMS.lstrip(), encoding="utf-8")
        (root / "dvc.yaml").write_text(DVC, encoding="utf-8")
        made_up().to_parquet(root / "data/processed/train.parquet")
        known = {"task": "binary", "id": "row", "time": "when", "target": "target", "classes": ("no", "yes")}
        described = msgspec.json.encode(schema.Schema(**known, features=FEATURES))
        (root / "data/raw/schema.json").write_bytes(described)
        monkeypatch.chdir(root)
        # Where one project records its runs, another one doesn't.
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
        return root

    return make


def made_up(rows: int = 1200) -> pd.DataFrame:
    """Return a table whose target follows the amount, loosely."""
    random = np.random.default_rng(9)
    amount = random.normal(size=rows)
    target = (amount + random.normal(size=rows) > 0).astype("int64")
    when = pd.date_range("2024-01-01", periods=rows, freq="h")
    colours = random.choice(["red", "green", ""], rows)
    return pd.DataFrame({"row": range(rows), "when": when, "amount": amount, "colour": colours, "target": target})


def tune(*arguments: str) -> Result:
    """Call `lab tune`."""
    return CliRunner().invoke(cli.main, ["tune", *arguments])


def trials(root: Path, state: str = "COMPLETE") -> list[tuple[int, float | None]]:
    """Return number and score of the trials in a state, from the database itself."""
    path = root / ".draft/tuning.db"
    if not path.exists():
        return []
    query = "select number, value from trials left join trial_values using (trial_id) where state = ? order by 1"
    try:
        with sqlite3.connect(path) as database:
            return database.execute(query, (state,)).fetchall()
    except sqlite3.OperationalError:
        return []


def scores(root: Path) -> list[float | None]:
    """Return the scores of the finished trials, in order."""
    return [score for _, score in trials(root)]


def runs(root: Path) -> tuple[Run, list[Run]]:
    """Return the one search that MLflow knows, and its trials."""
    client = MlflowClient(tracking_uri=f"sqlite:///{root / 'mlflow.db'}")
    found = client.search_runs([client.get_experiment_by_name("tiny-tuning").experiment_id])
    parents = [run for run in found if "mlflow.parentRunId" not in run.data.tags]
    assert len(parents) == 1
    return parents[0], [run for run in found if run.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]


def test_a_search_is_recorded_and_its_winner_written(make_root: Callable[[str], Path]):
    """The current options are the first trial; the winner is written when asked, and nothing else changes."""
    root = make_root("project")
    found = tune()
    assert found.exit_code == 0, found.output
    assert "4 trials on 2 folds of 1,200 training rows, in the order of time" in found.output
    assert "`lab tune --apply` writes the best options" in found.output
    assert (root / "params.yaml").read_text(encoding="utf-8") == PARAMS.lstrip()

    parent, children = runs(root)
    assert parent.info.status == "FINISHED"
    assert {run.info.status for run in children} == {"FINISHED"}
    first = next(run for run in children if run.info.run_name == "trial 0")
    assert first.data.params == {"max_iter": "150", "learning_rate": "0.3"}
    assert {"roc_auc", "roc_auc.fold", "seconds"} <= set(first.data.metrics)
    assert all(run.data.params["max_iter"] == "150" for run in children)

    best = max(children, key=lambda run: run.data.metrics["roc_auc"])
    applied = tune("--apply")
    assert "Written into params.yaml" in applied.output, applied.output
    assert len(trials(root)) == 4
    chosen = params.load_params(root / "params.yaml")
    assert {name: str(value) for name, value in chosen.model.options.items()} == best.data.params
    lines = (root / "params.yaml").read_text(encoding="utf-8").splitlines()
    assert "  estimator: hist_gradient_boosting    # the plain one" in lines
    assert "    max_iter: 150   # how many trees" in lines
    assert lines[-4:] == ["", *PARAMS.rstrip().splitlines()[-3:]]

    again = tune("--apply")
    assert "Nothing that was tried is better" in again.output, again.output


def test_a_killed_search_goes_on_and_finds_the_same(make_root: Callable[[str], Path]):
    """What was running counts for nothing, what was finished isn't tried again, and the seed says the rest."""
    killed = make_root("killed")
    command = [str(Path(sys.executable).with_name("lab")), "tune"]
    process = subprocess.Popen(command, cwd=killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (trials(killed) and trials(killed, "RUNNING")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.wait()
    before = len(trials(killed))
    assert 1 <= before < 4

    found = tune()
    assert found.exit_code == 0, found.output
    assert len(trials(killed)) == 4
    assert trials(killed, "RUNNING") == []
    _, children = runs(killed)
    assert {run.info.status for run in children} <= {"FINISHED", "KILLED"}

    whole = make_root("whole")
    assert tune().exit_code == 0
    assert scores(whole) == scores(killed)


def test_another_search_starts_anew_and_a_longer_one_goes_on(make_root: Callable[[str], Path]):
    """What the scores depend on makes the search; how long it takes doesn't."""
    root = make_root("project")
    assert "2 trials on" in tune("--trials", "2").output
    assert "3 trials on" in tune("--trials", "3").output
    path = root / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("seed: 5", "seed: 6"), encoding="utf-8")
    assert "1 trials on" in tune("--trials", "1").output


def test_other_estimators_are_held_against_the_current_one(make_root: Callable[[str], Path]):
    """The best of all is written, with its own options alone."""
    root = make_root("project")
    found = tune("--estimator", "linear", "--trials", "2", "--apply")
    assert found.exit_code == 0, found.output
    chosen = params.load_params(root / "params.yaml").model
    assert chosen.estimator == "linear"
    assert set(chosen.options) <= {"C"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("learning_rate: [0.01, 0.3]", "lerning_rate: [0.01, 0.3]", "the nearest one is learning_rate."),
        ("trials: 4", "trials: 0", "params.yaml: tune.trials: expected `int` >= 1"),
        ("folds: 2", "folds: 1", "params.yaml: tune.folds: expected `int` >= 2"),
        ("roc_auc}", "roc_au}", "the nearest one is 'roc_auc'."),
    ],
)
def test_what_can_t_be_searched_is_a_sentence(make_root: Callable[[str], Path], old: str, new: str, sentence: str):
    """Nothing is tried, and there is no traceback."""
    root = make_root("project")
    path = root / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    found = tune()
    assert found.exit_code == 1
    assert sentence in found.output
    assert trials(root) == []


def test_without_training_data_it_says_how_to_get_it(make_root: Callable[[str], Path]):
    """The pipeline makes it, or the remote has it."""
    (make_root("project") / "data/processed/train.parquet").unlink()
    found = tune()
    assert found.exit_code == 1
    assert "`make pipeline`" in found.output
    assert "`dvc pull`" in found.output


def test_applying_before_searching_says_so(make_root: Callable[[str], Path]):
    """There is no winner yet."""
    make_root("project")
    assert "Nothing has been tried yet" in tune("--apply").output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "model:\n  estimator: a\n\n# next\nseed: 1\n",
            "model:\n  estimator: b\n  options:\n    x: 1\n\n# next\nseed: 1\n",
        ),
        ("seed:   1\nmodel: {estimator: a}", "seed:   1\nmodel: {estimator: b, options: {x: 1}}\n"),
        ("model:\n  options:\n    y: 2\n    x: 3  # why\n", "model:\n  options:\n    x: 1  # why\n  estimator: b\n"),
    ],
)
def test_only_the_model_s_own_lines_change(tmp_path: Path, text: str, expected: Any):
    """However the section is written, and wherever it is."""
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    assert choices.choose_model(path, "b", {"x": 1})
    assert path.read_text(encoding="utf-8") == expected
    assert list(tmp_path.iterdir()) == [path]
