"""A notebook's first line: mode, parameters, inputs and outputs by name, verdicts."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from {{cookiecutter.__package}}.core import params
from {{cookiecutter.__package}}.lab import stage, workspace


def in_mode(monkeypatch: pytest.MonkeyPatch, mode: str, name: str = "second") -> stage.Stage:
    """Open a stage in a mode."""
    monkeypatch.setenv("LAB_PROFILE", "smoke" if mode == "smoke" else "")
    monkeypatch.setenv("DVC_STAGE", name if mode == "official" else "")
    return stage.Stage(name)


MODES = pytest.mark.parametrize(("mode", "folder"), [("official", "."), ("draft", ".draft"), ("smoke", ".smoke")])


@MODES
def test_outputs_go_where_the_mode_says(tiny: Path, monkeypatch: pytest.MonkeyPatch, mode: str, folder: str):
    """An output's folder is made; the path is absolute and the mode's own."""
    path = in_mode(monkeypatch, mode).output("model")
    assert path == tiny / folder / "models" / "model.onnx"
    assert path.parent.is_dir()


def test_asking_for_an_output_in_a_draft_makes_nothing_tracked(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """The folders of tracked paths stay as they are."""
    in_mode(monkeypatch, "draft").output("model")
    assert not (tiny / "models").exists()


def test_a_draft_reads_what_is_tracked(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """Even if an earlier draft has written a table of its own."""
    for folder in (tiny / "data", tiny / ".draft" / "data"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "table.txt").write_text(str(folder), encoding="utf-8")
    assert in_mode(monkeypatch, "draft").input("table") == tiny / "data" / "table.txt"


def test_smoke_reads_what_smoke_made(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """It takes nothing from an official run, but does take what is in git."""
    made = in_mode(monkeypatch, "smoke", "first").output("table")
    made.write_text("smoke", encoding="utf-8")
    opened = in_mode(monkeypatch, "smoke")
    assert opened.input("table") == made
    assert opened.input("serve") == tiny / "requirements" / "serve.txt"


@pytest.mark.parametrize(
    ("mode", "way"),
    [("official", "`make pipeline`"), ("draft", "`make pipeline`"), ("smoke", "`lab run --smoke 01_first`")],
)
def test_a_missing_input_names_the_command_that_makes_it(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, mode: str, way: str
):
    """The message names notebook, file and command."""
    with pytest.raises(workspace.WorkspaceError) as refused:
        in_mode(monkeypatch, mode).input("table")
    assert str(refused.value).startswith("02_second needs data/table.txt, which is not there")
    assert way in str(refused.value)


def test_an_unlisted_input_or_output_is_refused_with_the_listed_ones(tiny: Path):
    """What dvc.yaml doesn't know, DVC doesn't hash: the message lists what it knows."""
    opened = stage.Stage("second")
    with pytest.raises(workspace.WorkspaceError, match=r"no dep 'labels' for stage second; it lists table, serve\."):
        opened.input("labels")
    with pytest.raises(workspace.WorkspaceError, match=r"no out 'labels' .* model, signature, 02_second, evaluation\."):
        opened.output("labels")


def test_files_that_differ_in_their_ending_alone_are_asked_for_with_it(tiny: Path):
    """A card is written as text and as a page; what has the name alone may leave the ending out."""
    text = (tiny / "dvc.yaml").read_text(encoding="utf-8")
    both = "- models/model.onnx\n      - models/model.html"
    (tiny / "dvc.yaml").write_text(text.replace("- models/model.onnx", both), encoding="utf-8")
    opened = stage.Stage("second")
    assert opened.output("model.html") == tiny / ".draft/models/model.html"
    assert opened.output("model.onnx") == tiny / ".draft/models/model.onnx"
    assert opened.output("signature") == opened.output("signature.json")
    listed = r"no out 'model' .* it lists model\.onnx, model\.html, signature, 02_second"
    with pytest.raises(workspace.WorkspaceError, match=listed):
        opened.output("model")


def test_an_unknown_stage_is_refused(tiny: Path):
    """A notebook that dvc.yaml doesn't list is told which are listed."""
    with pytest.raises(workspace.WorkspaceError, match="01_first, 02_second"):
        stage.Stage("third")


def test_a_notebook_outside_a_project_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A copied notebook doesn't run on nothing."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(workspace.WorkspaceError, match="in no project"):
        stage.Stage("first")


def test_only_smoke_takes_the_small_parameters(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """params.smoke.yaml lies on top in smoke mode and nowhere else."""
    full = params.load_params(tiny / "params.yaml")
    small = params.load_params(tiny / "params.yaml", tiny / "params.smoke.yaml")
    found = [in_mode(monkeypatch, mode).params for mode in ("official", "draft", "smoke")]
    assert found == [full, full, small]


def test_a_misspelt_parameter_stops_the_notebook(tiny: Path):
    """A notebook doesn't begin with parameters that nobody reads."""
    with (tiny / "params.yaml").open("a", encoding="utf-8") as file:
        file.write("\nsede: 1\n")
    with pytest.raises(params.ParamsError, match="nearest one is seed"):
        stage.Stage("first")


def test_an_unknown_profile_stops_the_notebook(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """LAB_PROFILE=smok isn't a full run."""
    monkeypatch.setenv("LAB_PROFILE", "smok")
    with pytest.raises(workspace.WorkspaceError, match="LAB_PROFILE"):
        stage.Stage("first")


def test_the_same_stage_draws_the_same_numbers(tiny: Path):
    """Both global generators are seeded from params.yaml."""
    drawn = []
    for _ in range(2):
        stage.Stage("first")
        drawn.append((random.random(), np.random.rand()))  # noqa: NPY002 - the global generator is what is tested
    assert drawn[0] == drawn[1]


def test_runs_are_recorded_at_the_root_whatever_the_folder(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """The address of the database is absolute, so that notebook and terminal use the same one."""
    found = []
    for folder in (tiny, tiny / "notebooks"):
        monkeypatch.chdir(folder)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
        found.append(stage.Stage("first").tracking_uri)
    assert found == [f"sqlite:///{tiny / 'mlflow.db'}"] * 2


def test_a_relative_database_is_the_root_s(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """In a notebook's folder a relative address would be another file."""
    monkeypatch.chdir(tiny / "notebooks")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs/team.db")
    assert stage.Stage("first").tracking_uri == f"sqlite:///{tiny}/runs/team.db"


def test_a_server_that_is_set_is_used_but_not_by_smoke(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """A throwaway run goes into a throwaway database, never to the team's server."""
    for mode, expected in (("draft", "http://mlflow:5000"), ("smoke", f"sqlite:///{tiny}/.smoke/mlflow.db")):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
        assert in_mode(monkeypatch, mode).tracking_uri == expected


def test_a_verdict_that_holds_is_one_line(tiny: Path, capsys: pytest.CaptureFixture[str]):
    """A contract cell keeps exactly this, in smoke and in full."""
    stage.Stage("first").verdict("beats baseline", True)
    stage.Stage("first").verdict("numbers agree", np.bool_(True))
    assert capsys.readouterr() == ("beats baseline: yes\nnumbers agree: yes\n", "")


@pytest.mark.parametrize("holds", [False, np.bool_(False), None])
def test_a_verdict_that_does_not_hold_stops_the_notebook(
    tiny: Path, capsys: pytest.CaptureFixture[str], holds: bool | None
):
    """Nothing is printed, and the message names the notebook and the promise."""
    with pytest.raises(stage.ContractError, match="01_first promises 'beats baseline'"):
        stage.Stage("first").verdict("beats baseline", holds)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("mode", "found"), [("draft", "elsewhere"), ("official", "data"), ("smoke", ".smoke/data")])
def test_a_draft_alone_may_read_an_input_elsewhere(tiny: Path, monkeypatch: pytest.MonkeyPatch, mode: str, found: str):
    """As `lab judge` needs it; what DVC runs reads what dvc.lock will name."""
    for folder in ("elsewhere", "data", ".smoke/data"):
        (tiny / folder).mkdir(parents=True, exist_ok=True)
        (tiny / folder / "table.txt").touch()
    monkeypatch.setenv("LAB_INSTEAD", "data/table.txt=elsewhere/table.txt")
    opened = in_mode(monkeypatch, mode)
    assert opened.input("table") == tiny / found / "table.txt"
    (tiny / "requirements" / "serve.txt").touch()
    assert opened.input("serve") == tiny / "requirements" / "serve.txt"
