"""Notebooks that can't run: one sentence each, which names the file, the cell and the way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.__package}}.lab import cli, workspace
from {{cookiecutter.__package}}.lab.files import faults

RUNNING = [["run", "first"], ["check", "first"], ["replay", "first"]]
READING = [*RUNNING, ["project", "first"], ["project"], ["sync"]]


@pytest.fixture
def refused(tiny: Path) -> Callable[[list[str]], str]:
    """Call `lab`, which refuses with one sentence, and return that."""

    def call(command: list[str]) -> str:
        result = CliRunner().invoke(cli.main, command)
        assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
        assert result.output.count("\n") == 1
        return result.output.removeprefix("Error: ").rstrip()

    return call


@pytest.mark.parametrize("command", READING)
def test_a_syntax_error_is_found_before_anything_runs(
    refused: Callable[[list[str]], str], write_notebook: Callable[..., Path], open_stage: Callable, command: list[str]
):
    """The cell is named by its number and first line, the fault by its line in the cell."""
    write_notebook("01_first", open_stage("first"), "", "x = 1\ny = (")
    assert refused(command) == (
        "notebooks/01_first.ipynb: cell 2 (`x = 1`) has a syntax error in its line 2: '(' was never closed. "
        "Mend that cell and save the notebook."
    )


@pytest.mark.parametrize(
    "source", ["%matplotlib inline", "!ls", "files = !ls", "await later()", "x?", "%%time\nx = 1", "x = 1; y = 2"]
)
def test_what_ipython_allows_is_no_syntax_error(source: str):
    """Magics, shell lines and `await` are at home in a notebook."""
    assert faults.parse(source).body


@pytest.mark.parametrize("command", READING)
def test_a_renamed_notebook_is_found_by_the_stage_it_opens(
    refused: Callable[[list[str]], str], tiny: Path, write_notebook: Callable[..., Path], open_stage: Callable, command
):
    """The sentence says which file opens the stage now, and both ways out."""
    write_notebook("01_first", open_stage("first")).rename(tiny / "notebooks" / "01_begin.ipynb")
    assert refused(command) == (
        "notebooks/01_first.ipynb is gone, and notebooks/01_begin.ipynb opens its stage 'first': "
        "rename it back, or change 01_first to 01_begin in dvc.yaml."
    )
    if "first" in command:
        assert refused([command[0], "01_begin"]) == refused(command)


@pytest.mark.parametrize("command", READING)
def test_a_notebook_that_is_gone_is_brought_back(refused: Callable[[list[str]], str], tiny: Path, command: list[str]):
    """Nothing else opens its stage."""
    (tiny / "notebooks" / "01_first.ipynb").unlink()
    assert (
        refused(command) == "notebooks/01_first.ipynb is gone: `git checkout notebooks/01_first.ipynb` brings it back."
    )


@pytest.mark.parametrize("command", RUNNING)
@pytest.mark.parametrize(
    ("first", "found"),
    [
        ("x = 1", "opens no stage"),
        ("stage = Stage('second')", "opens the stage 'second'"),
        ("from package import lab\nstage = lab.Stage('second')", "opens the stage 'second'"),
        ("# stage = Stage('first')", "opens no stage"),
    ],
)
def test_the_first_cell_opens_the_notebook_s_own_stage(
    refused: Callable[[list[str]], str], write_notebook: Callable[..., Path], command: list[str], first: str, found: str
):
    """Otherwise a notebook would read and write what belongs to another, or to none."""
    write_notebook("01_first", first, "stage = Stage('first')")
    assert refused(command) == (
        f'notebooks/01_first.ipynb: its first code cell {found}; it has to hold `stage = Stage("first")`, '
        "because dvc.yaml runs 01_first as the stage first."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stages: {", r"dvc\.yaml is no YAML \(line 1\)"),
        ("<<<<<<< HEAD\nstages: {}", r"dvc\.yaml is no YAML \(line \d\)"),
        ("- 1", r"dvc\.yaml holds no settings"),
        ("stages: 1", r"dvc\.yaml lists no stages"),
        ("{}", r"dvc\.yaml lists no stages"),
    ],
)
def test_a_broken_dvc_yaml_is_one_sentence(tiny: Path, text: str, reason: str):
    """It is named with the way to restore it."""
    (tiny / "dvc.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(workspace.WorkspaceError, match=reason + r".*git checkout dvc\.yaml"):
        workspace.load_stages(tiny)
