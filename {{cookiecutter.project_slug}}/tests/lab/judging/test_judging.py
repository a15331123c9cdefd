"""`lab judge`: the evaluation of this checkout, against a champion laid down for it, without a trace."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.lab.judging import commands, judging, pictures

from .conftest import commit, git

RunDvc = Callable[..., str]

GAIN = {"challenger": 0.7, "champion": 0.71, "gain": -0.01, "low": None, "high": None}
VERDICT = {
    "sha256": "a" * 64,
    "passed": False,
    "compared": True,
    "champion": {"version": "1.0.0", "sha256": "b" * 64},
    "difference": {**GAIN, "metric": "mae", "confidence": 0.9, "resamples": 100},
    "rules": [{"rule": "regression", "passed": False, "says": "It is worse."}],
    "slices": [{**GAIN, "column": "c", "value": "v", "rows": 3}],
    "latency_ms": 0.1,
    "notes": [],
    "metrics": [{**GAIN, "metric": "mae"}],
}
PIPELINE = """
  evaluate:
    cmd: lab run 04_evaluate
    deps:
      - notebooks/code/04_evaluate.py
      - models/model.onnx
      - models/champion
    outs:
      - reports/04_evaluate.ipynb
    metrics:
      - metrics/evaluation.json:
          cache: false
      - metrics/gate.json:
          cache: false
"""
# The notebook refuses a model that isn't its champion, as the real one would one that is worse.
CELLS = """
import json
from {{cookiecutter.__package}}.lab import Stage
stage = Stage("evaluate")
---
theirs = stage.input("champion") / "model.onnx"
verdict = json.loads('''VERDICT''')
verdict["passed"] = not theirs.exists() or theirs.read_bytes() == stage.input("model").read_bytes()
---
stage.output("gate.json").write_text(json.dumps(verdict))
stage.output("evaluation").write_text(json.dumps({"metrics": {"mae": 0.7, "r2": None}}))
stage.output("04_evaluate")
---
import os
assert os.environ["MLFLOW_TRACKING_URI"].endswith(".draft/judged/mlflow.db")
assert verdict["passed"], "the gate refuses it"
"""


@pytest.fixture
def judged(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small repository with an evaluation, on a branch whose model has not been trained yet."""
    for name in ("MLFLOW_TRACKING_URI", "GITHUB_STEP_SUMMARY", "BASE"):
        monkeypatch.delenv(name, raising=False)
    sources = CELLS.replace("VERDICT", json.dumps(VERDICT)).split("---\n")
    cells = [
        {"cell_type": "code", "source": s.strip(), "outputs": [], "metadata": {}, "id": f"c{n}"}
        for n, s in enumerate(sources)
    ]
    for cell in cells:
        cell["execution_count"] = None
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (trained / "notebooks" / "code").mkdir(parents=True)
    (trained / "notebooks" / "04_evaluate.ipynb").write_text(
        json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    (trained / "notebooks" / "code" / "04_evaluate.py").write_text("", encoding="utf-8")
    with (trained / "dvc.yaml").open("a", encoding="utf-8") as file:
        file.write(PIPELINE)
    commit(trained, "Evaluate")
    return trained


def run(*arguments: str) -> Result:
    """Run the command to its end."""
    return CliRunner().invoke(commands.judge, [*arguments, "--cell-seconds", "60"])


def train(root: Path, run_dvc: RunDvc) -> None:
    """Let this branch's model be its own."""
    run_dvc(root, "repro", "--quiet", "train")
    commit(root, "Train")


def test_a_model_that_is_as_good_passes_and_leaves_no_trace(judged: Path):
    """This branch hasn't trained yet: its model is main's. The files that are kept lie in one folder."""
    before = (judged / "dvc.lock").read_bytes()
    result = run("--against", "main")
    assert (result.exit_code, result.exception) == (0, None), result.output
    assert "# The gate lets this model pass" in result.output
    assert git(judged, "status", "--porcelain") == ""
    assert (judged / "dvc.lock").read_bytes() == before
    assert not (judged / "mlflow.db").exists()
    kept = {path.name for path in (judged / ".draft/judged/report").iterdir()}
    assert kept == {"report.md", "gate.json", "evaluation.json", "04_evaluate.ipynb"}


def test_a_refused_one_is_red_and_reported(judged: Path, run_dvc: RunDvc, monkeypatch: pytest.MonkeyPatch):
    """With the champion's sentence, in the file and in the step's summary; what was there stays there."""
    train(judged, run_dvc)
    summary = judged.parent / "summary.md"
    summary.write_text("# Before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("BASE", "main")
    result = run()
    assert result.exit_code == 1
    report = (judged / ".draft/judged/report/report.md").read_text(encoding="utf-8")
    assert summary.read_text(encoding="utf-8") == f"# Before\n{report}\n"
    assert report.startswith("# The gate refuses this model")
    assert "dvc.lock of main" in report
    assert "- Parameters: model.options.alpha: 3 -\\> 4" in report


def test_without_a_champion_the_thresholds_decide(judged: Path):
    """And the report says why there is none."""
    result = run("--against", "origin/main")
    assert result.exit_code == 0
    assert "origin/main is not in this clone" in result.output


def test_an_evaluation_that_stops_is_no_verdict(judged: Path):
    """What an earlier judgement wrote isn't taken for one."""
    run("--against", "main")
    path = judged / "notebooks" / "04_evaluate.ipynb"
    text = path.read_text(encoding="utf-8").replace("import json", "raise OSError('no room')\\nimport json", 1)
    path.write_text(text, encoding="utf-8")
    result = run("--against", "main")
    assert result.exit_code == 1
    assert "# The model could not be judged" in result.output
    assert "no room" in result.output


@pytest.mark.parametrize("locked", [True, False])
def test_without_a_model_there_is_nothing_to_judge(judged: Path, locked: bool):
    """One sentence, with the way to it."""
    (judged / "models" / "model.onnx").unlink()
    if not locked:
        (judged / "dvc.lock").unlink()
    result = run("--against", "main")
    way = "`make restore` brings or makes it" if locked else "run `make pipeline` first"
    assert result.output == f"Error: There is nothing to judge: models/model.onnx is not there; {way}.\n"
    report = (judged / ".draft/judged/report/report.md").read_text(encoding="utf-8")
    assert report.startswith("# The model could not be judged\n\nThere is nothing to judge: models/model.onnx")


def test_a_champion_that_cannot_be_asked_for_is_one_sentence(judged: Path, monkeypatch: pytest.MonkeyPatch):
    """The server that holds the registry doesn't answer."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    result = run("--against", "main")
    assert result.exit_code == 1
    (error,) = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert "MLFLOW_TRACKING_URI names http://127.0.0.1:9" in error


def test_numbers_that_were_not_measured_are_nan_again(tmp_path: Path):
    """JSON has none, and writes null."""
    path = tmp_path / "gate.json"
    path.write_text(json.dumps(VERDICT), encoding="utf-8")
    found = judging.load_verdict(path)
    assert math.isnan(found.difference.low)
    assert math.isnan(found.slices[0].high)
    assert math.isnan(found.metrics[0].low)
    assert judging.load_verdict(tmp_path / "none.json") is None


def test_pictures_are_named_after_what_their_cell_shows(tmp_path: Path):
    """A second one of a name, or one that nothing names, has the number of its cell."""
    figure = {"output_type": "display_data", "data": {"image/png": base64.b64encode(b"PNG").decode()}}
    sources = ["x = 1\ngains", "gains", "plot(1)"]
    cells = [{"cell_type": "code", "source": source, "outputs": [figure], "metadata": {}} for source in sources]
    copy = tmp_path / "copy.ipynb"
    copy.write_text(json.dumps({"cells": cells, "metadata": {}}), encoding="utf-8")
    assert pictures.save_pictures(copy, tmp_path / "out") == ["gains.png", "cell-1.png", "cell-2.png"]
    assert (tmp_path / "out" / "cell-2.png").read_bytes() == b"PNG"
    assert pictures.save_pictures(tmp_path / "none.ipynb", tmp_path / "out") == []
