"""A team's MLflow: one variable moves runs, pictures and models to a server with PostgreSQL and S3 behind it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import installed
import pytest
from journey import clone, cloned, commit, edit_params, evaluation, fetched, make, refused, run, stages_run, status
from services import BUCKET, KEYS, mlflow_server, postgres, s3_store, server_environment

pytestmark = pytest.mark.journey
# Few rows keep the test short; a model that learned from few is held to less.
SHORTER = {
    r"rows: null(?=.*evenly)": "rows: 16000",
    r"min: 0\.72": "min: 0.6",
    r"max: 0\.19": "max: 0.25",
    r"max: 0\.05": "max: 0.2",
}
MORE_TREES = {r"max_iter: 200": "max_iter: 210"}
ASK = """
import json, sys
import mlflow, pandas as pd
golden = json.load(open("models/golden.json"))
answers = mlflow.pyfunc.load_model(f"models:/{sys.argv[1]}/{sys.argv[2]}").predict(pd.DataFrame(golden["rows"]))
print("same:", list(answers) == golden["predictions"])
"""


class Team(NamedTuple):
    """One person's project whose runs are on the server, and where the server and its bucket are."""

    project: Path
    server: str
    s3: str
    stop: ExitStack


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Team]:
    """A pipeline that has run with MLFLOW_TRACKING_URI alone set: no database, no bucket, no key."""
    folder = tmp_path_factory.mktemp("team")
    project = cloned(folder)
    installed.lay_down(project, environments)
    make(project, "setup")
    edit_params(project, SHORTER)
    python = server_environment(project, folder)
    with pytest.MonkeyPatch.context() as patch, ExitStack() as around, ExitStack() as stop:
        database, s3 = around.enter_context(postgres(folder)), around.enter_context(s3_store(folder))
        bucket(s3).create()
        server = stop.enter_context(mlflow_server(python, folder, database, s3))
        for name in (*KEYS, "MLFLOW_S3_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("MLFLOW_TRACKING_URI", server)
        make(project, "pipeline")
        commit(project, "Run the pipeline")
        yield Team(project, server, s3, stop)


def bucket(s3: str) -> Any:
    """Return the server's bucket, seen past MLflow."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.resource("s3", endpoint_url=s3, **keys).Bucket(BUCKET)


def lineage(project: Path) -> Any:
    """Return models/lineage.json."""
    return json.loads((project / "models" / "lineage.json").read_text(encoding="utf-8"))


def registered(team: Team, version: str) -> Any:
    """Return a version of the registry, as the server has it."""
    name = lineage(team.project)["name"]
    return fetched(f"{team.server}/api/2.0/mlflow/model-versions/get?name={name}&version={version}")["model_version"]


def tags(team: Team, version: str) -> dict[str, str]:
    """Return the tags of a version of the registry."""
    return {tag["key"]: tag["value"] for tag in registered(team, version)["tags"]}


def answers_alike(project: Path, version: str) -> bool:
    """Return whether a version from the registry gives the project's golden answers."""
    said = run([str(project / ".venv" / "bin" / "python"), "-c", ASK, lineage(project)["name"], version], project)
    return "same: True" in said


def test_runs_numbers_and_pictures_are_on_the_server(team: Team) -> None:
    """Training and evaluation share a run, with its parameters, metrics, data and figures."""
    run_id = lineage(team.project)["run_id"]
    found = fetched(f"{team.server}/api/2.0/mlflow/runs/get?run_id={run_id}")["run"]
    metrics = {entry["key"]: entry["value"] for entry in found["data"]["metrics"]}
    assert metrics["holdout.roc_auc"] == pytest.approx(evaluation(team.project)["metrics"]["roc_auc"])
    assert {"train.roc_auc", "parity.largest"} <= set(metrics)
    assert {"key": "data.rows", "value": "16000"} in found["data"]["params"]
    assert found["info"]["status"] == "FINISHED"
    assert {entry["dataset"]["name"] for entry in found["inputs"]["dataset_inputs"]} == {"train", "holdout"}
    figures = fetched(f"{team.server}/api/2.0/mlflow/artifacts/list?run_id={run_id}&path=figures")["files"]
    assert {"figures/agreement.png", "figures/calibration.png"} <= {entry["path"] for entry in figures}


def test_nothing_of_mlflow_s_stays_behind(team: Team) -> None:
    """No local database, no local artifacts, and git is clean."""
    kept = [path for path in team.project.rglob("ml*") if ".venv" not in path.relative_to(team.project).parts]
    assert [path.name for path in kept if path.name.startswith(("mlflow.db", "mlartifacts", "mlruns"))] == []
    assert status(team.project) == []


def test_the_registry_holds_the_evaluated_bytes(team: Team) -> None:
    """Version 1 carries the hash that was evaluated, and its files and pictures are in S3."""
    assert (lineage(team.project)["version"], lineage(team.project)["registered"]) == ("1.0.0", "1")
    assert tags(team, "1")["sha256"] == evaluation(team.project)["sha256"]
    assert json.loads(tags(team, "1")["gate"])["passed"] is True
    stored = {entry.key.rsplit("/", 1)[1]: entry.size for entry in bucket(team.s3).objects.all()}
    assert stored["model.onnx"] == (team.project / "models" / "model.onnx").stat().st_size
    assert {"signature.json", "MLmodel", "agreement.png", "calibration.png"} <= set(stored)


def test_the_model_comes_back_from_the_server(team: Team) -> None:
    """`models:/NAME/1`, asked about the golden rows as an ordinary table, gives the golden answers."""
    assert answers_alike(team.project, "1")


def test_a_colleague_sees_it_and_registers_the_next_version(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another clone loads version 1, changes the model, and its own becomes version 2 beside it."""
    run([str(team.project / ".venv" / "bin" / "dvc"), "push", "--quiet"], team.project)
    other = clone(team.project, team.project.parent / "colleague")
    make(other, "setup")
    run([str(other / ".venv" / "bin" / "dvc"), "pull", "--quiet"], other)
    assert answers_alike(other, "1")
    edit_params(other, MORE_TREES)
    monkeypatch.setenv("PATH", f"{other / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert stages_run(run(["dvc", "repro", "train"], other)) == ["train"]
    assert (lineage(other)["version"], lineage(other)["registered"]) == ("1.0.1", "2")
    hashes = [json.loads((each / "models" / "signature.json").read_text())["sha256"] for each in (team.project, other)]
    assert len(set(hashes)) == 2
    assert [tags(team, version)["sha256"] for version in "12"] == hashes


def test_a_champion_is_everybody_s(team: Team) -> None:
    """Promoted here, it is shown in the other clone, whose own model hasn't met it and can't be promoted."""
    colleague = team.project.parent / "colleague"
    assert "1.0.0" in make(team.project, "promote")
    assert "1.0.0" in run([str(colleague / ".venv" / "bin" / "live"), "show"], colleague)
    assert "gate" in refused(colleague, "promote")
    assert registered(team, "1")["aliases"] == ["champion"]


def test_make_mlflow_names_the_server(team: Team) -> None:
    """There is no page to start: the team's is there already."""
    assert team.server in make(team.project, "mlflow")


def test_a_server_that_is_down_is_one_sentence(team: Team) -> None:
    """It names the variable and the address, at once instead of after minutes. Last, as it stops the server."""
    team.stop.close()
    started = time.monotonic()
    said = run([str(team.project / ".venv" / "bin" / "lab"), "run", "04_evaluate"], team.project, check=False)
    assert time.monotonic() - started < 60
    (sentence,) = [line for line in said.splitlines() if line.startswith("Error: ")]
    assert f"MLFLOW_TRACKING_URI names {team.server}, where no server answers" in sentence
    assert "Traceback" not in said
