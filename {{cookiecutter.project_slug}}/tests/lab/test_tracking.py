"""What is recorded in MLflow. All tests share one throwaway database, whose first use takes seconds."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mlflow
import msgspec
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from mlflow.entities import Run

from {{cookiecutter.__package}}.core import data, lineage, schema
from {{cookiecutter.__package}}.core.registry import server
from {{cookiecutter.__package}}.lab import registration, store, tracking
from {{cookiecutter.__package}}.lab.files import notebooks
from {{cookiecutter.__package}}.lab.stage import Stage
from {{cookiecutter.__package}}.live import runtime

Open = Callable[..., Stage]


def git(root: Path, *arguments: str) -> str:
    """Run git in a project and return what it prints."""
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, make_project: Callable[[Path], Path]) -> Path:
    """A tiny project in git, with everything its second stage reads."""
    made = make_project(tmp_path_factory.mktemp("tracked") / "tiny")
    (made / ".gitignore").write_text("mlflow.db*\nmlartifacts\nmodels\n.draft\n", encoding="utf-8")
    (made / "data" / "table.txt").write_text("a table\n", encoding="utf-8")
    notebooks.write_projection(made, "02_second")
    git(made, "init", "--quiet")
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message", "tiny")
    return made


@pytest.fixture
def opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open the second stage, officially or as a draft."""

    def make(mode: str = "official") -> Stage:
        monkeypatch.chdir(root)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
        monkeypatch.setenv("DVC_STAGE", "second" if mode == "official" else "")
        stage = Stage("second")
        assert stage.mode == mode
        return stage

    return make


def recorded(run: Run) -> Run:
    """Return a run as the database has it now."""
    return mlflow.get_run(run.info.run_id)


def test_a_run_says_where_it_comes_from(opened: Open, root: Path):
    """Stage, mode, commit, and the hash of everything it read, params.yaml and its own code among it."""
    with tracking.run(opened()) as run:
        mlflow.log_metric("score", 0.5)
    found = recorded(run).data
    read = ["notebooks/code/02_second.py", "data/table.txt", "requirements/serve.txt", "params.yaml"]
    expected = {f"input.{name}": schema.sha256((root / name).read_bytes()) for name in read}
    expected |= {"stage": "second", "mode": "official", "git.commit": git(root, "rev-parse", "HEAD")}
    assert {
        name: value for name, value in found.tags.items() if name in expected or name.startswith("input.")
    } == expected
    assert found.tags["git.dirty"] == "false"
    assert found.metrics == {"score": 0.5}
    assert recorded(run).info.status == "FINISHED"


def test_a_run_on_changed_code_says_so(opened: Open, root: Path):
    """A number that can't be made again from a commit is marked."""
    changed = root / "notebooks" / "01_first.ipynb"
    before = changed.read_text(encoding="utf-8")
    changed.write_text(before + "\n", encoding="utf-8")
    with tracking.run(opened()) as run:
        pass
    changed.write_text(before, encoding="utf-8")
    assert recorded(run).data.tags["git.dirty"] == "true"


def test_what_a_run_writes_itself_is_no_changed_code(root: Path):
    """dvc.lock and the metrics change with every official run."""
    assert tracking.git_state(root)[1] is False
    for name in ("dvc.lock", "metrics/evaluation.json"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("changed", encoding="utf-8")
    assert tracking.git_state(root)[1] is False


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A project outside a repository still runs."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert tracking.git_state(tmp_path) == ("none", False)


def test_drafts_have_an_experiment_of_their_own(opened: Open):
    """The official experiment shows only what DVC ran."""
    with tracking.run(opened("draft")) as draft:
        pass
    with tracking.run(opened()) as official:
        pass
    name = opened().params.name
    names = [mlflow.get_experiment(run.info.experiment_id).name for run in (official, draft)]
    assert names == [name, f"{name}-drafts"]
    assert recorded(draft).data.tags["mode"] == "draft"


def test_a_failed_block_marks_its_run(opened: Open):
    """The error goes on to the notebook, the run is kept as failed, and the next run is a new one."""
    with pytest.raises(ZeroDivisionError), tracking.run(opened()) as failed:
        raise ZeroDivisionError
    assert recorded(failed).info.status == "FAILED"
    with tracking.run(opened()) as following:
        pass
    assert following.info.run_id != failed.info.run_id


def test_an_earlier_run_is_continued(opened: Open):
    """Evaluation writes into the run that trained the model, and leaves what it finds there."""
    with tracking.run(opened()) as trained:
        mlflow.log_metric("train.score", 0.9)
    with tracking.run(opened(), resume=trained.info.run_id) as evaluated:
        mlflow.log_metric("holdout.score", 0.8)
    found = recorded(trained)
    assert evaluated.info.run_id == trained.info.run_id
    assert found.data.metrics == {"train.score": 0.9, "holdout.score": 0.8}
    assert found.info.status == "FINISHED"
    assert "continues" not in found.data.tags


def test_a_run_that_nobody_has_is_continued_in_a_new_one(opened: Open):
    """A model that came with `dvc pull` was trained elsewhere; the new run names the old one."""
    stranger = "0" * 32
    with tracking.run(opened(), resume=stranger) as run:
        pass
    assert run.info.run_id != stranger
    assert recorded(run).data.tags["continues"] == stranger
    assert recorded(run).data.tags["stage"] == "second"


def test_a_deleted_run_is_continued_in_a_new_one(opened: Open):
    """Somebody who tidied up in MLflow's page can still evaluate the model."""
    with tracking.run(opened()) as gone:
        pass
    mlflow.delete_run(gone.info.run_id)
    with tracking.run(opened(), resume=gone.info.run_id) as run:
        pass
    assert run.info.run_id != gone.info.run_id
    assert recorded(run).data.tags["continues"] == gone.info.run_id


def test_a_draft_does_not_write_into_an_official_run(opened: Open):
    """Evaluating the tracked model as a draft is a draft's run, which names the official one."""
    with tracking.run(opened()) as official:
        pass
    with tracking.run(opened("draft"), resume=official.info.run_id) as draft:
        mlflow.log_metric("holdout.score", 0.1)
    assert recorded(official).data.metrics == {}
    assert recorded(draft).data.tags["continues"] == official.info.run_id
    assert mlflow.get_experiment(draft.info.experiment_id).name.endswith("-drafts")


def test_tables_and_figures_are_kept_with_the_run(opened: Open):
    """A table by its name and use, a figure as a PNG."""
    table = pd.DataFrame({"x": [1.0, 2.0], "y": [0.0, 1.0]})
    with tracking.run(opened()) as run:
        tracking.log_dataset(table, Path("data/processed/train.parquet"), "y", "training")
        tracking.log_figures({"agreement": Figure()})
    kept = recorded(run).inputs.dataset_inputs
    assert [(entry.dataset.name, entry.tags[0].value) for entry in kept] == [("train", "training")]
    assert [
        entry.path for entry in mlflow.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="figures")
    ] == ["figures/agreement.png"]


def test_parameters_are_compared_by_their_dotted_names(opened: Open):
    """Every value of params.yaml has a name of its own."""
    params = opened().params
    found = tracking.flat(params)
    assert found["seed"] == params.seed
    assert {name: found[f"model.options.{name}"] for name in params.model.options} == params.model.options
    assert {name.split(".")[1] for name in found if name.startswith("features.")} == set(params.features)
    assert not any(isinstance(value, dict) and value for value in found.values())


def test_a_column_may_be_called_what_no_parameter_may(opened: Open):
    """MLflow takes neither a bracket nor a currency; the value is found under the name without them."""
    features = {"prix (€)": schema.Feature(kind="number", nullable=True)}
    found = tracking.flat(msgspec.structs.replace(opened().params, features=features))
    assert found["features.prix ___.nullable"] is True


def test_a_model_s_lineage_survives_its_file(opened: Open, root: Path, tmp_path: Path):
    """Which run, which commit and which inputs made it, and whether the code had been changed."""
    with tracking.run(opened()) as run:
        made = registration.lineage(opened(), run, registration.Registered("1.2.0", "3"))
    data.save_json(made, tmp_path / "lineage.json")
    assert lineage.load_lineage(tmp_path / "lineage.json") == made
    assert (made.version, made.registered, made.run_id) == ("1.2.0", "3", run.info.run_id)
    assert made.git_commit == git(root, "rev-parse", "HEAD")
    assert made.inputs["data/table.txt"] == schema.sha256(b"a table\n")


def test_only_an_official_model_is_registered(opened: Open, onnx: bytes, served: runtime.Model, frame: pd.DataFrame):
    """It gets a version and a number, and MLflow answers with it as the service would; a draft gets neither."""
    asked = frame.head(5)
    versions = []
    for mode in ("official", "draft"):
        stage = opened(mode)
        data.save_bytes(onnx, stage.output("model"))
        data.save_json(served.signature, stage.output("signature"))
        with tracking.run(stage):
            versions.append(registration.log_model(stage, asked, served.answer(asked).values))
    assert versions == [registration.Registered("1.0.0", "1"), registration.Registered("draft")]
    loaded = mlflow.pyfunc.load_model(f"models:/{stage.params.name}/1")
    np.testing.assert_array_equal(loaded.predict(asked), served.answer(asked).values)
    (kept,) = mlflow.search_model_versions()
    assert kept.tags["sha256"] == served.signature.sha256


KILLED = """
import os, signal
from {{cookiecutter.__package}}.lab import registration, tracking
from {{cookiecutter.__package}}.lab.stage import Stage

with tracking.run(Stage("second")) as run:
    print(run.info.run_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_whose_process_was_killed_is_closed_by_the_next(opened: Open):
    """A run of this machine that nobody writes any more is marked; other people's and live ones are left alone."""
    stage = opened()
    died = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    client = mlflow.MlflowClient()
    assert client.get_run(died.stdout.strip()).info.status == "RUNNING"
    home, elsewhere = tracking.experiment(stage), {store.WRITER: "another-machine/1/0"}
    abroad = client.create_run(home, tags=elsewhere)
    beside = client.create_run(home, tags=store.writer())
    with tracking.run(stage):
        pass
    states = [client.get_run(id).info.status for id in (died.stdout.strip(), abroad.info.run_id, beside.info.run_id)]
    assert states == ["KILLED", "RUNNING", "RUNNING"]


def test_a_server_that_does_not_answer_is_one_sentence(opened: Open, monkeypatch: pytest.MonkeyPatch):
    """Before anything is recorded."""
    opened()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(server.StoreError, match=r"http://127\.0\.0\.1:9, where no server answers"):
        tracking.run(Stage("second")).__enter__()
