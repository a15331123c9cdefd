"""`lab check`: notebooks really run on a sample, cell by cell, with what they need made first."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from {{cookiecutter.__package}}.lab import cli, workspace
from {{cookiecutter.__package}}.lab.proof import smoke
from {{cookiecutter.__package}}.lab.running import records

Checked = Callable[..., tuple[int, str]]


@pytest.fixture
def checked(pipeline_ran: Path, capfd: pytest.CaptureFixture[str]) -> Checked:
    """Call `lab check` in the project that DVC has run, and return its exit code and what it said."""

    def call(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli.main, ["check", *arguments])
        return result.exit_code, result.output + capfd.readouterr().out

    return call


def made(said: str) -> list[str]:
    """Return which notebooks were made first."""
    return [line.split()[0] for line in said.splitlines() if line.endswith("(smoke)")]


def test_all_notebooks_start_from_nothing(checked: Checked, pipeline_ran: Path):
    """A test for each cell; everything is made under .smoke, and what was there before is gone."""
    before = (pipeline_ran / "data" / "table.txt").stat().st_mtime_ns
    (pipeline_ran / ".smoke").mkdir()
    (pipeline_ran / ".smoke" / "old").touch()
    code, said = checked()
    assert code == 0, said
    assert "14 passed" in said
    assert made(said) == []
    assert not (pipeline_ran / ".smoke" / "old").exists()
    assert (pipeline_ran / ".smoke" / "models" / "bento" / "a.txt").exists()
    assert (pipeline_ran / "data" / "table.txt").stat().st_mtime_ns == before
    assert all(records.is_whole(pipeline_ran, spec) for spec in workspace.load_stages(pipeline_ran).values())


def test_what_a_notebook_needs_is_made_first_unless_it_is_whole(checked: Checked, pipeline_ran: Path):
    """A half-written output is made anew, and only then."""
    table = pipeline_ran / ".smoke" / "data" / "table.txt"
    code, said = checked("second")
    assert (code, made(said)) == (0, ["01_first"]), said
    assert "6 passed" in said
    table.write_text("ha", encoding="utf-8")
    assert made(checked("02_second")[1]) == ["01_first"]
    assert table.read_text(encoding="utf-8") == "whole"
    assert made(checked("second")[1]) == []


@pytest.mark.parametrize(
    ("path", "text", "whole"),
    [
        (".smoke/data/table.txt", "ha", False),
        (".smoke/data/table.txt", None, False),
        (".smoke/made/01_first.json", '{"read": {', False),
        (".smoke/made/01_first.json", None, False),
        ("src/module.py", "x = 1", False),
        ("data/external/new.csv", "1", False),
        ("params.yaml", "seed: 1", False),
        ("params.smoke.yaml", "seed: 1", False),
        ("requirements/serve.txt", "numpy", True),
        ("data/table.txt", "the official one", True),
        (".smoke/reports/01_first.ipynb", None, True),
    ],
)
def test_smoke_outputs_are_whole_until_they_or_what_made_them_changes(
    pipeline_ran: Path, path: str, text: str | None, whole: bool
):
    """What the notebook reads and writes counts, and nothing else."""
    first = workspace.load_stages(pipeline_ran)["first"]
    for name in ("data/table.txt", "reports/01_first.ipynb"):
        (pipeline_ran / ".smoke" / name).parent.mkdir(parents=True)
        (pipeline_ran / ".smoke" / name).write_text("made", encoding="utf-8")
    records.keep_record(pipeline_ran, first)
    assert records.is_whole(pipeline_ran, first)
    (pipeline_ran / path).unlink(missing_ok=True)
    if text is not None:
        (pipeline_ran / path).write_text(text, encoding="utf-8")
    assert records.is_whole(pipeline_ran, first) == whole


def test_code_counts_and_prose_does_not(pipeline_ran: Path, edit: Callable[..., None]):
    """As for DVC."""
    first = workspace.load_stages(pipeline_ran)["first"]
    records.keep_record(pipeline_ran, first)
    edit("01_first", lambda cells: cells[0].update(source="# Because"))
    assert records.is_whole(pipeline_ran, first)
    edit("01_first", lambda cells: cells[3].update(source="table.write_text('new')"))
    assert not records.is_whole(pipeline_ran, first)


def test_a_failed_cell_is_a_sentence_and_its_outputs_do_not_count(checked: Checked, edit: Callable[..., None]):
    """The run stops there; what it wrote before is made anew for whoever needs it."""
    edit("01_first", lambda cells: cells.insert(4, {**cells[3], "source": "1 / 0", "id": "other"}))
    code, said = checked()
    assert code == 1
    assert said.endswith("01_first.ipynb: cell 4 of 5 (`1 / 0`) failed with ZeroDivisionError: division by zero\n")
    assert "1 failed, 3 passed" in said
    edit("01_first", lambda cells: cells.pop(4))
    code, said = checked("second")
    assert (code, made(said)) == (0, ["01_first"])


@pytest.mark.parametrize(
    ("cell", "options", "sentence"),
    [
        ("import os\nos._exit(3)", (), "(`os._exit(3)`) ended its kernel: take out what does, such as os._exit"),
        ("import time\ntime.sleep(600)", ("--cell-seconds", "2"), "did not end in time, and its kernel was stopped"),
    ],
)
def test_a_cell_that_hangs_or_dies_ends_at_once(
    checked: Checked, pipeline_ran: Path, edit: Callable[..., None], cell: str, options: tuple[str, ...], sentence: str
):
    """nbval alone would wait five minutes for a dead kernel; what the kernel had started ends with it."""
    child = "import subprocess\n(stage.root / 'pid').write_text(str(subprocess.Popen(['sleep', '600']).pid))"
    edit("03_third", lambda cells: (cells[2].update(source=child), cells[3].update(source=cell)))
    started = time.monotonic()
    code, said = checked("third", *options)
    assert code == 1
    assert "03_third.ipynb: cell 3 of 4" in said
    assert sentence in said
    assert time.monotonic() - started < 60
    pid = int((pipeline_ran / "pid").read_text(encoding="utf-8"))
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_contract_cell_that_warns_is_named(checked: Checked, edit: Callable[..., None]):
    """nbval compares stderr too; the sentence says so."""
    warn = "import sys\nprint('careful', file=sys.stderr)"
    edit("03_third", lambda cells: cells[-1].update(source=f"{warn}\n{cells[-1]['source']}"))
    code, said = checked("third")
    assert code == 1
    assert "is a contract cell and wrote to stderr: move what warns to a cell before it.\n" in said


def test_one_between_two_chosen_ones_is_checked_with_them():
    """It can't be made before the first has run; what comes before all of them is made first."""
    spec = workspace.StageSpec
    chain = {
        name: spec(name, f"0{n}_{name}", (f"{chr(n - 1)}.txt",), (f"{chr(n)}.txt",))
        for n, name in enumerate(["a", "b", "c", "d"], start=ord("a"))
    }
    names = [[stage.name for stage in part] for part in smoke.split(chain, {"b", "d"})]
    assert names == [["a"], ["b", "c", "d"]]
    assert [[stage.name for stage in part] for part in smoke.split(chain, {"a"})] == [[], ["a"]]
