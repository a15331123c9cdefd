"""The product: a project is baked, cloned clean, set up, tested, run, served and asked, by its own commands alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import pytest
from journey import (
    GIT,
    ask,
    clone,
    cloned,
    commit,
    edit_notebook,
    evaluation,
    fetched,
    golden,
    kill_during,
    make,
    refused,
    run,
    save_with_outputs,
    served,
    stages_run,
    started,
    status,
)

pytestmark = pytest.mark.journey
PRIMARY = {"binary": ("roc_auc", "base rate"), "regression": ("mae", "mean by carrier")}


@pytest.fixture(scope="class")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean clone that has been set up, checked and tested, and whose pipeline has run for the first time."""
    answers = request.cls.answers
    project = cloned(tmp_path_factory.mktemp(answers["task"]), **answers)
    make(project, "setup")
    said = refused(project, "serve")
    assert "make pipeline" in said, "serving before the pipeline says what to do"
    make(project, "check")
    if request.cls.tested:
        run([str(project / ".venv" / "bin" / "pytest"), *request.cls.tested], project)
        run([str(project / ".venv" / "bin" / "lab"), "check"], project)
    else:
        make(project, "test")
    assert status(project) == [], "setup, check and test leave no trace"
    output = make(project, "pipeline")
    assert [stage for stage in stages_run(output) if not stage.startswith("code@")] == [
        "ingest",
        "prepare",
        "train",
        "champion",
        "evaluate",
        "package",
    ]
    assert status(project) == ["?? dvc.lock", "?? metrics/evaluation.json", "?? metrics/gate.json"]
    commit(project, "Run the pipeline")
    return project


class Journey:
    """One user's day; each subclass takes it with answers of its own, on one worker (`--dist loadscope`)."""

    answers: ClassVar[dict[str, str]]
    # Of the project's tests those that depend on the answers, where another journey runs them all.
    tested: ClassVar[list[str]] = []

    def test_the_model_beats_its_baseline_in_june(self, project: Path) -> None:
        """metrics/evaluation.json names the metric, the baseline and both numbers, slices and the model's hash."""
        report = evaluation(project)
        metric, baseline = PRIMARY[report["task"]]
        assert report["primary"] == metric
        assert report["baseline"]["name"] == baseline
        ours, theirs = report["metrics"][metric], report["baseline"]["metrics"][metric]
        assert (ours > theirs) if metric == "roc_auc" else (ours < theirs)
        assert report["beats_baseline"] is True
        assert report["rows"] == 27075
        assert {entry["column"] for entry in report["slices"]} == {"origin", "carrier"}
        assert report["sha256"] == json.loads((project / "models" / "signature.json").read_text())["sha256"]
        verdict = json.loads((project / "metrics" / "gate.json").read_text())
        assert (verdict["passed"], verdict["sha256"], verdict["champion"]) == (True, report["sha256"], None)

    def test_a_second_pipeline_runs_nothing(self, project: Path) -> None:
        """When nothing has changed, no stage runs."""
        assert stages_run(make(project, "pipeline")) == []
        assert status(project) == []

    def test_the_served_model_answers_a_real_flight(self, project: Path) -> None:
        """`make serve` and `make predict` give the golden answer, in the promised shape, and leave git clean."""
        with served(project) as port:
            told = make(project, "predict", f"PORT={port}")
            answer = ask(port, golden(project)["rows"])
            taken = refused(project, "serve", f"PORT={port}")
        assert golden(project)["predictions"] == answer["predictions"]
        assert json.loads(told[told.index("{") :])["predictions"] == answer["predictions"][:1]
        assert answer["model"]["sha256"] == evaluation(project)["sha256"]
        assert set(answer["model"]) == {"name", "version", "sha256", "variant"}
        assert ("probabilities" in answer, "classes" in answer) == (self.answers["task"] == "classification",) * 2
        assert f"Port {port} on 127.0.0.1 can't be used" in taken
        assert "make serve PORT=" in taken
        assert status(project) == []

    def test_mlflow_starts_and_knows_the_model(self, project: Path) -> None:
        """`make mlflow` shows the registered version that the served model names, with its hash."""
        lineage = json.loads((project / "models" / "lineage.json").read_text())
        with started(project, "mlflow", "/health", "MLFLOW_PORT={port}") as address:
            api = f"{address}/api/2.0/mlflow"
            version = fetched(f"{api}/model-versions/get?name={lineage['name']}&version={lineage['registered']}")
            run = fetched(f"{api}/runs/get?run_id={lineage['run_id']}")["run"]
        assert {"key": "sha256", "value": evaluation(project)["sha256"]} in version["model_version"]["tags"]
        tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
        assert tags["mode"] == "official"
        assert tags["git.commit"] == lineage["git_commit"]
        assert run["inputs"]["dataset_inputs"]
        metric = PRIMARY[evaluation(project)["task"]][0]
        recorded = {entry["key"]: entry["value"] for entry in run["data"]["metrics"]}
        assert recorded[f"holdout.{metric}"] == pytest.approx(evaluation(project)["metrics"][metric])
        assert status(project) == []

    def test_jupyterlab_starts_on_the_notebooks(self, project: Path) -> None:
        """`make lab` opens the project's folder, with its kernel."""
        options = "LAB_OPTIONS=--no-browser --allow-root --IdentityProvider.token=secret"
        with started(project, "lab", "/api", "LAB_PORT={port}", options) as address:
            listed = fetched(f"{address}/api/contents/notebooks?token=secret")["content"]
            kernels = fetched(f"{address}/api/kernelspecs?token=secret")
        assert {"01_ingest.ipynb", "05_package.ipynb"} <= {entry["name"] for entry in listed}
        assert kernels["default"] == "python3"
        assert status(project) == []

    def test_no_tool_reports_its_use(self, project: Path) -> None:
        """Not only `make`, every Python of the environment tells BentoML and MLflow to be quiet."""
        ask_them = (
            "from bentoml._internal.utils.analytics.usage_stats import do_not_track;"
            "from mlflow.telemetry.utils import is_telemetry_disabled;"
            "print(do_not_track(), is_telemetry_disabled())"
        )
        said = run([str(project / ".venv" / "bin" / "python"), "-c", ask_them], project)
        assert said.split()[-2:] == ["True", "True"]

    def test_asking_without_a_server_says_so(self, project: Path) -> None:
        """`make predict` with nothing listening is one sentence."""
        assert "make serve" in refused(project, "predict", "PORT=1")

    def test_the_bento_runs_where_only_its_own_requirements_are(self, project: Path, tmp_path: Path) -> None:
        """In an environment that holds serve.txt alone, the Bento starts and gives the golden answers."""
        uv = str(project / ".venv" / "bin" / "uv")
        run(
            [uv, "venv", "--quiet", "--python", str(project / ".venv" / "bin" / "python"), str(tmp_path / "venv")],
            project,
        )
        python = str(tmp_path / "venv" / "bin" / "python")
        run([uv, "pip", "sync", "--quiet", "--python", python, "requirements/serve.txt"], project)
        package = project.joinpath("src").iterdir().__next__().name
        script = (
            "import sys, json, urllib.request, pathlib;"
            f"from {package}.live.server import running;"
            f"golden = json.loads(pathlib.Path('models/golden.json').read_text());"
            f"server = running(pathlib.Path('models/bento'), python={python!r});"
            "url = server.__enter__();"
            "body = json.dumps({'rows': golden['rows']}).encode();"
            "kind = {'content-type': 'application/json'};"
            "answer = json.load(urllib.request.urlopen(urllib.request.Request(url + '/v1/predict', body, kind)));"
            "server.__exit__(None, None, None);"
            "sys.exit(answer['predictions'] != golden['predictions'])"
        )
        run([str(project / ".venv" / "bin" / "python"), "-c", script], project)

    def test_a_colleague_gets_the_model_without_training(self, project: Path) -> None:
        """`dvc push` here and `dvc pull` in a fresh clone: nothing has to run, and the same model answers."""
        run([str(project / ".venv" / "bin" / "dvc"), "push", "--quiet"], project)
        colleague = clone(project, project.parent / "colleague")
        run([str(project / ".venv" / "bin" / "dvc"), "pull", "--quiet"], colleague)
        make(colleague, "setup")
        assert stages_run(make(colleague, "pipeline")) == []
        with served(colleague) as port:
            assert ask(port, golden(project)["rows"])["predictions"] == golden(project)["predictions"]
        assert status(colleague) == []

    def test_prose_and_outputs_run_nothing(self, project: Path) -> None:
        """Saving a notebook with its outputs, or editing its prose, runs no stage; going back leaves git clean."""
        save_with_outputs(project, "02_prepare")
        edit_notebook(project, "03_train", "markdown", "One more sentence.")
        assert stages_run(make(project, "pipeline")) == []
        changed = {line[3:] for line in status(project)}
        assert changed == {"notebooks/02_prepare.ipynb", "notebooks/03_train.ipynb", "dvc.lock"}
        run([*GIT, "checkout", "--quiet", "."], project)
        assert stages_run(make(project, "pipeline")) == []
        assert status(project) == []

    def test_killed_in_training_it_goes_on_and_gives_the_same_model(self, project: Path) -> None:
        """An edited code cell runs its stage and what follows, kill -9 or not; the same seed gives the same numbers."""
        before = evaluation(project)
        edit_notebook(project, "03_train", "code", "# a comment is code, too")
        kill_during(project, "03_train (official)", "[ 2/")
        output = make(project, "pipeline")
        assert stages_run(output)[-3:] == ["train", "evaluate", "package"]
        assert not {"ingest", "prepare"} & set(stages_run(output))
        after = evaluation(project)
        assert after["metrics"] == pytest.approx(before["metrics"], abs=1e-6)
        assert after["sha256"] == before["sha256"]
        commit(project, "Edit a cell")

    def test_a_corrupted_model_is_refused_and_comes_back(self, project: Path) -> None:
        """A model file whose hash differs isn't served; the sentence says what to do, and that works."""
        for path in (project / "models" / "bento" / "src" / "models" / "model.onnx", project / "models" / "model.onnx"):
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 0xFF
            path.write_bytes(content)
        said = refused(project, "serve")
        assert "sha256" in said
        assert "make pipeline" in said
        make(project, "pipeline")
        with served(project) as port:
            assert ask(port, golden(project)["rows"])["predictions"] == golden(project)["predictions"]

    @pytest.mark.parametrize(
        ("damage", "sentence"),
        [
            ("table.drop(columns='carrier')", "carrier is missing"),
            ("table.head(0)", "The table is empty"),
            ("table.assign(hour=24.0)", "hour is above 23"),
        ],
        ids=["a missing column", "an empty table", "an hour of 24"],
    )
    def test_a_bad_table_stops_the_notebook_in_a_sentence(self, project: Path, damage: str, sentence: str) -> None:
        """02_prepare names what is wrong with the table, keeps the executed copy, and touches nothing tracked."""
        python, table = str(project / ".venv" / "bin" / "python"), "data/raw/table.parquet"
        change = f"import pandas as pd; table = pd.read_parquet({table!r}); ({damage}).to_parquet({table!r})"
        run([python, "-c", change], project)
        output = run([str(project / ".venv" / "bin" / "lab"), "run", "02_prepare"], project, check=False)
        assert "Error: 02_prepare.ipynb: cell 2 of 9" in output
        assert sentence in output
        assert "Traceback" not in output
        assert (project / ".draft" / "reports" / "02_prepare.ipynb").exists()
        run([str(project / ".venv" / "bin" / "dvc"), "checkout", "--quiet", "--force"], project)
        assert status(project) == []

    def test_a_bad_parameter_is_named_with_the_nearest_good_one(self, project: Path) -> None:
        """A misspelt key in params.yaml stops the run and says what was meant."""
        params = project / "params.yaml"
        good = params.read_text(encoding="utf-8")
        params.write_text(good.replace("  estimator:", "  estimater:"), encoding="utf-8")
        output = run([str(project / ".venv" / "bin" / "lab"), "run", "03_train"], project, check=False)
        params.write_text(good, encoding="utf-8")
        assert "model.estimater is not a known key; the nearest one is model.estimator." in output


class TestClassification(Journey):
    """With the defaults."""

    answers: ClassVar = {"task": "classification"}


class TestRegression(Journey):
    """With other names, another task and another licence."""

    answers: ClassVar = {"task": "regression", "project_name": "Late Planes", "license": "BSD-3-Clause"}
    tested: ClassVar = ["tests/test_architecture.py", "tests/core/test_params.py", "tests/data", "tests/model"]
