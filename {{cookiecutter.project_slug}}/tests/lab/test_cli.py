"""The command `lab`, asked as a person or DVC asks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.core import params
from {{cookiecutter.__package}}.lab import cli

WRITES = [
    "{imports}\nstage = Stage('first')\nparams = stage.params",
    "stage.output('table').write_text(str(params.data.rows))",
    "stage.verdict('written', stage.output('table').exists())",
]


@pytest.fixture
def writes(tiny: Path, write_notebook: Callable[..., Path]) -> Path:
    """The tiny project, in which 01_first writes its table."""
    package = cli.__name__.removesuffix(".cli")
    imports = f"from {package} import Stage"
    write_notebook("01_first", WRITES[0].replace("{imports}", imports), *WRITES[1:])
    return tiny


def lab(*arguments: str) -> Result:
    """Call `lab`."""
    return CliRunner().invoke(cli.main, list(arguments))


def files(root: Path) -> dict[str, bytes]:
    """Return every file of a project that isn't under .draft or .smoke."""
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith((".draft/", ".smoke/"))}


def test_a_draft_leaves_tracked_paths_alone(writes: Path):
    """By hand, everything is written under .draft/, the executed copy too."""
    before = files(writes)
    result = lab("run", "first")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("01_first (draft)\n")
    assert "-> .draft/reports/01_first.ipynb" in result.output
    assert files(writes) == before
    assert (writes / ".draft/data/table.txt").exists()


def test_dvc_runs_it_officially(writes: Path, monkeypatch: pytest.MonkeyPatch):
    """Under DVC the tracked paths are written."""
    monkeypatch.setenv("DVC_STAGE", "first")
    result = lab("run", "01_first")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("01_first (official)\n")
    assert (writes / "data/table.txt").exists()
    assert (writes / "reports/01_first.ipynb").exists()
    assert not (writes / ".draft").exists()


def test_smoke_runs_on_the_small_parameters(writes: Path):
    """`--smoke` takes params.smoke.yaml and writes under .smoke/."""
    before = files(writes)
    small = params.load_params(writes / "params.yaml", writes / "params.smoke.yaml")
    result = lab("run", "--smoke", "notebooks/01_first.ipynb")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("01_first (smoke)\n")
    assert files(writes) == before
    assert (writes / ".smoke/data/table.txt").read_text(encoding="utf-8") == str(small.data.rows)


def test_a_failing_notebook_fails_the_command(
    writes: Path, write_notebook: Callable[..., Path], open_stage: Callable[[str], str]
):
    """DVC sees the exit code; a person sees the cell and where the executed copy is."""
    write_notebook("01_first", open_stage("first"), "1 / 0")
    result = lab("run", "first")
    assert result.exit_code == 1
    assert "01_first.ipynb: cell 2 of 2 (`1 / 0`) failed with ZeroDivisionError: division by zero" in result.output
    assert ".draft/reports/01_first.ipynb" in result.output
    assert (writes / ".draft/reports/01_first.ipynb").exists()


@pytest.mark.parametrize("command", [["run", "third"], ["check", "third"], ["replay", "third"], ["project", "third"]])
def test_an_unknown_notebook_is_refused_with_the_known_ones(tiny: Path, command: list[str]):
    """One sentence, no stack trace."""
    result = lab(*command)
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert result.output == "Error: There is no notebook stage 'third'; there are 01_first, 02_second.\n"


@pytest.mark.parametrize("command", [["run", "first"], ["status"], ["check"], ["replay"], ["project"], ["sync"]])
def test_outside_a_project_the_command_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]):
    """One sentence, no stack trace."""
    monkeypatch.chdir(tmp_path)
    result = lab(*command)
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "is in no project" in result.output


@pytest.mark.parametrize("command", [["run", "first"], ["check"], ["replay"], ["project"], ["sync"]])
@pytest.mark.parametrize("text", [None, "no JSON"])
def test_a_notebook_that_is_gone_or_broken_is_named(tiny: Path, command: list[str], text: str | None):
    """A stage without its notebook is a sentence, not a stack trace."""
    path = tiny / "notebooks" / "01_first.ipynb"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    result = lab(*command)
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "01_first.ipynb" in result.output


def test_projections_are_written_once(tiny: Path):
    """What is up to date isn't written again."""
    first, second = lab("project"), lab("project")
    assert [line.split()[0] for line in first.output.splitlines()] == [
        "notebooks/code/01_first.py",
        "notebooks/code/02_second.py",
    ]
    assert second.output == ""


def test_only_the_named_projection_is_written(tiny: Path):
    """DVC projects one notebook at a time."""
    assert lab("project", "02_second").exit_code == 0
    assert [path.name for path in (tiny / "notebooks" / "code").iterdir()] == ["02_second.py"]


def test_the_check_writes_nothing_and_names_what_is_stale(tiny: Path):
    """CI fails on a projection that was forgotten, and the message says how to mend it."""
    lab("project", "01_first")
    before = files(tiny)
    result = lab("project", "--check")
    assert result.exit_code == 1
    assert "out of date for 02_second: run `make format`" in result.output
    assert files(tiny) == before
    lab("project")
    assert lab("project", "--check").exit_code == 0


def test_sync_writes_projections_before_dvc_has_ever_run(tiny: Path):
    """There is no dvc.lock yet, and nothing is held; a second time there is nothing to do."""
    result = lab("sync")
    assert result.exit_code == 0, result.output
    assert len(result.output.splitlines()) == 2
    assert lab("project", "--check").exit_code == 0
    assert lab("sync").output == ""


def test_an_unknown_profile_is_one_sentence(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    """LAB_PROFILE=full is refused before a kernel starts."""
    monkeypatch.setenv("LAB_PROFILE", "full")
    result = lab("run", "first")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "LAB_PROFILE is 'full'" in result.output


def test_help_names_the_commands():
    """`lab --help` and `lab -h` are the same."""
    assert lab("--help").output == lab("-h").output
    assert {"run", "status", "check", "replay", "project", "sync"} <= set(lab("-h").output.split())
