"""Where files are in each mode, and what dvc.yaml says of the stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.__package}}.lab import workspace


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({}, "draft"),
        ({"DVC_STAGE": "first"}, "official"),
        ({"DVC_STAGE": "second"}, "draft"),
        ({"DVC_STAGE": ""}, "draft"),
        ({"LAB_PROFILE": ""}, "draft"),
        ({"LAB_PROFILE": "smoke"}, "smoke"),
        ({"LAB_PROFILE": "smoke", "DVC_STAGE": "first"}, "smoke"),
        ({"LAB_PROFILE": "", "DVC_STAGE": "first"}, "official"),
    ],
)
def test_only_dvc_running_this_very_stage_makes_it_official(environ: dict[str, str], mode: str):
    """Everything else is a draft, or smoke if the profile says so."""
    assert workspace.mode_of("first", environ) == mode


@pytest.mark.parametrize("profile", ["Smoke", "full", "1"])
def test_an_unknown_profile_is_refused(profile: str):
    """A misspelt profile doesn't turn into a long run on all the data."""
    with pytest.raises(workspace.WorkspaceError, match=rf"LAB_PROFILE is '{profile}': the only profile is 'smoke'"):
        workspace.mode_of("first", {"LAB_PROFILE": profile})


def test_the_stages_are_those_of_dvc_yaml(tiny: Path):
    """Inputs and outputs are what DVC tracks, metrics among the outputs; projections are no stages."""
    stages = workspace.load_stages(tiny)
    assert list(stages) == ["first", "second"]
    second = stages["second"]
    assert second.inputs == ("notebooks/code/02_second.py", "data/table.txt", "requirements/serve.txt")
    assert second.outputs[0] == "models/model.onnx"
    assert second.outputs[-1] == "metrics/evaluation.json"
    assert second.source == "notebooks/02_second.ipynb"
    assert second.projection == "notebooks/code/02_second.py"
    assert second.executed == "reports/02_second.ipynb"


def test_the_project_s_own_stages_have_their_files(project: Path):
    """Each stage of dvc.yaml has its notebook, depends on the notebook's code and keeps the executed copy."""
    for spec in workspace.load_stages(project).values():
        assert (project / spec.source).is_file()
        assert spec.projection in spec.inputs
        assert spec.executed in spec.outputs
        assert spec.notebook.endswith(f"_{spec.name}")


@pytest.mark.parametrize("command", ["cmd: python -m report", "cmd:\n      - echo one\n      - echo two"])
def test_a_stage_that_is_no_notebook_is_left_to_dvc(tiny: Path, command: str):
    """A team may add an ordinary stage to dvc.yaml; it is no notebook stage."""
    with (tiny / "dvc.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n  report:\n    {command}\n    outs:\n      - report.html\n")
    assert list(workspace.load_stages(tiny)) == ["first", "second"]


@pytest.mark.parametrize("name", ["second", "02_second", "notebooks/02_second.ipynb", "02_second.ipynb"])
def test_a_stage_is_found_by_any_of_its_names(tiny: Path, name: str):
    """By the stage, the notebook, or the path that the shell completes."""
    assert workspace.find_stage(workspace.load_stages(tiny), name).name == "second"


def test_an_unknown_stage_is_refused_with_the_known_ones(tiny: Path):
    """The message lists what there is."""
    with pytest.raises(workspace.WorkspaceError, match="no notebook stage 'third'; there are 01_first, 02_second"):
        workspace.find_stage(workspace.load_stages(tiny), "third")


@pytest.mark.parametrize(("mode", "folder"), [("official", "."), ("draft", ".draft"), ("smoke", ".smoke")])
def test_each_mode_writes_to_its_own_place(tiny: Path, mode: workspace.Mode, folder: str):
    """Only an official run writes to tracked paths."""
    assert workspace.place(tiny, mode, "data/table.txt") == tiny / folder / "data" / "table.txt"


@pytest.mark.parametrize(
    ("mode", "relative", "expected"),
    [
        ("official", "data/table.txt", "data/table.txt"),
        ("draft", "data/table.txt", "data/table.txt"),
        ("smoke", "data/table.txt", ".smoke/data/table.txt"),
        ("smoke", "requirements/serve.txt", "requirements/serve.txt"),
    ],
)
def test_inputs_come_from_what_is_tracked_or_from_smoke(tiny: Path, mode: workspace.Mode, relative: str, expected: str):
    """Smoke reads what smoke made, and everything that no stage makes from where it is."""
    assert workspace.source_of(tiny, mode, relative, workspace.load_stages(tiny)) == tiny / expected
