"""Replay: nbval on the copies that DVC executed, without running anything."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from {{cookiecutter.__package}}.lab import cli
from {{cookiecutter.__package}}.lab.proof import replay

NBVAL_SKIP = {"tags": ["nbval-skip"]}
SCREAM = {"output_type": "stream", "name": "stdout", "text": "first done: no\n"}


class Replayed:
    """What `lab replay` said and how it ended."""

    def __init__(self, capfd: pytest.CaptureFixture[str], *arguments: str) -> None:
        result = CliRunner().invoke(cli.main, ["replay", *arguments])
        self.code, self.said = result.exit_code, result.output + capfd.readouterr().out


@pytest.fixture
def replayed(pipeline_ran: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Replayed]:
    """Call `lab replay` in the project that DVC has run."""
    return lambda *arguments: Replayed(capfd, *arguments)


@pytest.fixture
def spoil(pipeline_ran: Path) -> Callable[[str, Callable[[list[dict[str, Any]]], Any]], None]:
    """Change the executed copy of a notebook."""

    def change(name: str, how: Callable[[list[dict[str, Any]]], Any]) -> None:
        path = pipeline_ran / "reports" / f"{name}.ipynb"
        copy = json.loads(path.read_text(encoding="utf-8"))
        how(copy["cells"])
        path.write_text(json.dumps(copy), encoding="utf-8")

    return change


def test_every_cell_is_a_test_and_nothing_runs(replayed: Callable[..., Replayed], pipeline_ran: Path):
    """Four, six and four cells; no draft and no output is written."""
    before = (pipeline_ran / "data" / "table.txt").stat().st_mtime_ns
    found = replayed()
    assert found.code == 0, found.said
    assert "14 passed" in found.said
    assert "notebooks/02_second.ipynb ......" in found.said
    assert (pipeline_ran / "data" / "table.txt").stat().st_mtime_ns == before
    assert not (pipeline_ran / ".draft").exists()


def test_a_broken_promise_is_caught(replayed: Callable[..., Replayed], edit: Callable[..., None]):
    """The contract in git says something else than the executed copy: cell, reason and way out in one sentence."""
    edit("01_first", lambda cells: cells[-1].update(outputs=[SCREAM]))
    found = replayed("first")
    assert found.code == 1
    assert "1 failed, 3 passed" in found.said
    assert (
        "01_first.ipynb: cell 4 of 4 (`stage.verdict('first done', True)`) shows something else than it promises; "
        "if that is right, `lab accept 01_first` keeps it.\n"
    ) in found.said


def test_prose_and_empty_cells_do_not_disturb_it(replayed: Callable[..., Replayed], edit: Callable[..., None]):
    """Cells are matched by the code they hold, wherever they have moved."""
    empty = {"cell_type": "code", "id": "empty", "source": "", "metadata": {}, "outputs": [], "execution_count": None}
    edit("01_first", lambda cells: (cells.insert(0, {**cells[0], "id": "more"}), cells.insert(3, empty)))
    found = replayed("01_first")
    assert found.code == 0, found.said
    assert "5 passed" in found.said


def test_a_skipped_cell_leaves_the_others_in_place(
    replayed: Callable[..., Replayed], edit: Callable[..., None], spoil: Callable[..., None]
):
    """The cells behind it are still compared with their own outputs."""
    for change in (edit, spoil):
        change("01_first", lambda cells: cells[2].update(metadata=NBVAL_SKIP))
    found = replayed("01_first")
    assert found.code == 0, found.said
    assert "3 passed, 1 skipped" in found.said


def test_a_stale_copy_is_refused_by_name(replayed: Callable[..., Replayed], edit: Callable[..., None]):
    """Outputs of other code prove nothing; `--current` goes on with the others and says so."""
    edit("01_first", lambda cells: cells[3].update(source="table.write_text('more')"))
    sentence = (
        "reports/01_first.ipynb was made by other code than notebooks/01_first.ipynb holds now "
        "(cell 3 (`table.write_text('more')`) changed): `make pipeline` makes it anew.\n"
    )
    found = replayed()
    assert (found.code, found.said) == (1, f"Error: {sentence}")
    found = replayed("--current")
    assert found.code == 0
    assert f"Not replayed: {sentence}" in found.said
    assert "10 passed" in found.said


def test_without_any_copy_there_is_one_sentence(replayed: Callable[..., Replayed], pipeline_ran: Path):
    """A fresh clone has none; `--current` says so and is content."""
    for copy in (pipeline_ran / "reports").glob("*.ipynb"):
        copy.unlink()
    way = "`make pipeline` makes them, `dvc pull` brings them"
    sentence = f"Nothing to replay: reports/ holds no executed copy. {way}.\n"
    found = replayed()
    assert (found.code, found.said) == (1, f"Error: {sentence}")
    found = replayed("--current")
    assert (found.code, found.said) == (0, sentence)


def test_one_missing_copy_is_named(replayed: Callable[..., Replayed], pipeline_ran: Path):
    """The others are there."""
    (pipeline_ran / "reports" / "02_second.ipynb").unlink()
    assert replayed("third").code == 0
    way = "`make pipeline` makes it, `dvc pull` brings it if it was shared"
    assert replayed().said == f"Error: reports/02_second.ipynb is not there: {way}.\n"


def test_a_copy_that_is_no_notebook_is_named(replayed: Callable[..., Replayed], pipeline_ran: Path):
    """DVC still has what it made."""
    copy = pipeline_ran / "reports" / "01_first.ipynb"
    copy.unlink()
    copy.write_text("{", encoding="utf-8")
    name = "reports/01_first.ipynb"
    assert replayed().said == f"Error: {name} is no notebook: `dvc checkout {name}` brings back what DVC made.\n"


def test_an_output_without_a_run_is_named(replayed: Callable[..., Replayed], edit: Callable[..., None]):
    """A kept output that no run has numbered fails under nbval; the sentence says what to do."""
    edit("01_first", lambda cells: cells[2].update(outputs=[SCREAM]))
    assert "cell 2 of 4 (`table = stage.output('table')`) keeps an output although" in replayed("first").said


def test_a_copy_of_a_failed_run_fails(replayed: Callable[..., Replayed], spoil: Callable[..., None]):
    """The cell that raised is named, with what it raised."""
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no rows", "traceback": ["no rows"]}
    spoil("01_first", lambda cells: cells[2].update(outputs=[error]))
    found = replayed("01_first")
    assert found.code == 1
    assert "cell 2 of 4 (`table = stage.output('table')`) failed with ValueError: no rows\n" in found.said


def test_a_copy_of_a_run_that_ended_early_fails(replayed: Callable[..., Replayed], spoil: Callable[..., None]):
    """A cell without a number was never run, whatever is kept of it."""
    spoil("01_first", lambda cells: [cell.update(outputs=[], execution_count=None) for cell in cells[3:]])
    found = replayed("01_first")
    assert found.code == 1
    assert "2 failed, 2 passed" in found.said
    assert "cell 3 of 4 (`table.write_text('whole')`) was not run" in found.said


@pytest.mark.parametrize("options", [[], ["--nbval-lax", "--replay-from", "reports"]])
def test_pytest_alone_replays_with_the_plugin(pipeline_ran: Path, edit: Callable[..., None], options: list[str]):
    """CI needs no command of ours: a stale copy is an error of its notebook, the others are checked."""
    edit("01_first", lambda cells: cells[3].update(source="table.write_text('more')"))
    plugin = [sys.executable, "-m", "pytest", "-p", replay.__name__, "--continue-on-collection-errors", *options]
    command = [*plugin, "notebooks/01_first.ipynb", "notebooks/03_third.ipynb"]
    done = subprocess.run(command, cwd=pipeline_ran, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert "reports/01_first.ipynb was made by other code" in done.stdout
    assert "4 passed, 1 error" in done.stdout
