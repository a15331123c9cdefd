"""`lab run` on notebooks that misbehave: one sentence, nothing left running, nothing half-written that counts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.lab import cli
from {{cookiecutter.__package}}.lab.running import runner

START_CHILD = "import os, subprocess\nchild = subprocess.Popen(['sleep', '600'])\nprint(os.getpid(), child.pid)"


@pytest.fixture
def run(write_notebook: Callable[..., Path], open_stage: Callable[[str], str]) -> Callable[..., Result]:
    """Run 01_first of the tiny project with these cells behind the one that opens its stage."""

    def call(*cells: str | dict[str, Any], options: tuple[str, ...] = ()) -> Result:
        write_notebook("01_first", open_stage("first"), *cells)
        return CliRunner().invoke(cli.main, ["run", "first", *options])

    return call


def pids(root: Path) -> list[int]:
    """Return the process ids that the second cell of the executed copy printed."""
    cells = json.loads((root / ".draft/reports/01_first.ipynb").read_text(encoding="utf-8"))["cells"]
    return [int(pid) for pid in "".join(cells[1]["outputs"][0]["text"]).split()]


def gone(pid: int, seconds: float = 10) -> bool:
    """Return whether a process is gone, or is within seconds."""
    end = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_cell_that_hangs_is_stopped_with_all_it_started(
    run: Callable[..., Result], tiny: Path, monkeypatch: pytest.MonkeyPatch, way: str
):
    """The limit is an option, or a setting; the sentence names both."""
    if way == "environment":
        monkeypatch.setenv("LAB_CELL_SECONDS", "2")
    hang = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    result = run(START_CHILD, hang, options=("--cell-seconds", "2") if way == "option" else ())
    assert result.exit_code == 1
    assert (
        "Error: 01_first.ipynb: cell 3 of 3 (`signal.signal(signal.SIGINT, signal.SIG_IGN)`) did not end within 2 s, "
        "and its kernel was stopped. Give it more with LAB_CELL_SECONDS in .env, or `lab run --cell-seconds`.\n"
        "The executed copy shows it: .draft/reports/01_first.ipynb\n"
    ) in result.output
    assert all(gone(pid) for pid in pids(tiny))


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("os._exit(3)", "ended its kernel by itself (exit code 3); take out what does, such as os._exit"),
        ("os.kill(os.getpid(), 9)", "killed its kernel; if memory ran out, set data.rows in params.yaml."),
        ("os.abort()", "ended its kernel by signal 6 (exit code -6)"),
    ],
)
def test_a_cell_that_ends_its_kernel_is_named(run: Callable[..., Result], tiny: Path, cell: str, sentence: str):
    """How it ended decides what to do; what it had started ends with it."""
    result = run(START_CHILD, cell)
    assert result.exit_code == 1
    assert f"01_first.ipynb: cell 3 of 3 (`{cell}`) {sentence}" in result.output
    assert all(gone(pid) for pid in pids(tiny))


def test_a_contract_cell_that_warns_fails_at_that_cell(
    run: Callable[..., Result], make_cell: Callable[..., dict[str, Any]]
):
    """nbval would fail on it later; a cell that promises nothing may warn."""
    warn = "import sys\nprint('careful', file=sys.stderr)"
    contract = make_cell(warn, tags=("nbval-check-output",))
    assert run(warn).exit_code == 0
    result = run(contract, "1 / 0")
    assert result.exit_code == 1
    assert (
        "01_first.ipynb: cell 2 of 3 (`print('careful', file=sys.stderr)`) is a contract cell and wrote to stderr "
        "('careful'). It may print its verdict alone: move what warns to a cell before it.\n"
    ) in result.output


@pytest.mark.parametrize("seconds", ["0", "-1", "long"])
def test_a_limit_that_is_none_is_refused(run: Callable[..., Result], seconds: str):
    """Seconds are a number above zero."""
    assert run(options=("--cell-seconds", seconds)).exit_code == 2


def test_an_executed_copy_is_whole_whenever_its_writer_is_killed(tmp_path: Path):
    """Killed with SIGKILL in the middle of writing, again and again, it leaves a whole copy."""
    program = (
        f"import sys, nbformat; from pathlib import Path; from {runner.__name__} import save_copy\n"
        "v4 = nbformat.v4\n"
        "book = v4.new_notebook(cells=[v4.new_code_cell('x' * 1000) for _ in range(2000)])\n"
        "while True: save_copy(book, Path(sys.argv[1])); print(flush=True)\n"
    )
    copy = tmp_path / "reports" / "01_first.ipynb"
    for wait in (0.0, 0.013, 0.031):
        writer = subprocess.Popen([sys.executable, "-c", program, str(copy)], stdout=subprocess.PIPE)
        writer.stdout.readline()
        time.sleep(wait)
        writer.kill()
        writer.communicate()
        assert len(nbformat.read(copy, as_version=4).cells) == 2000


def test_what_dvc_was_killed_over_runs_again(
    pipeline_ran: Path, edit: Callable[..., None], run_dvc: Callable[..., str]
):
    """SIGKILL in the middle of an output leaves half of it, a stale stage and no kernel; the next run mends it."""
    half = "from time import sleep\ntable.write_text('ha')\nwhile (stage.root / 'wait').exists(): sleep(0.1)"
    edit("01_first", lambda cells: cells.insert(3, {**cells[2], "source": half}))
    (pipeline_ran / "wait").touch()
    CliRunner().invoke(cli.main, ["sync"])
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "dvc", "repro", "first"]
    pipeline = subprocess.Popen(command, cwd=pipeline_ran, env=environ, start_new_session=True)
    table = pipeline_ran / "data" / "table.txt"
    while not (table.exists() and table.read_text(encoding="utf-8") == "ha"):
        assert pipeline.poll() is None
        time.sleep(0.1)
    kernels = [process.pid for process in psutil.Process(pipeline.pid).children(recursive=True)]
    os.killpg(pipeline.pid, signal.SIGKILL)
    pipeline.wait()
    assert len(kernels) > 1
    assert all(gone(pid) for pid in kernels)
    (pipeline_ran / "wait").unlink()
    said = CliRunner().invoke(cli.main, ["status"]).output
    assert "01_first   stale       cell 3 (`table.write_text('ha')`) is new" in said
    assert "output data/table.txt is not what the notebook wrote" in said
    CliRunner().invoke(cli.main, ["sync"])
    run_dvc(pipeline_ran, "repro", "--quiet", "first")
    assert table.read_text(encoding="utf-8") == "whole"
