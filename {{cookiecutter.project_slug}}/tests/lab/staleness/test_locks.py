"""dvc.lock follows a notebook whose prose changed; what a killed run still holds is released."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.__package}}.lab.files import notebooks
from {{cookiecutter.__package}}.lab.staleness import locks


def dvc(root: Path, *arguments: str) -> str:
    """Run DVC in a project and return what it prints."""
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def locked(tiny: Path) -> Path:
    """A tiny project whose projections DVC knows."""
    for name in ("01_first", "02_second"):
        notebooks.write_projection(tiny, name)
    dvc(tiny, "init", "--quiet", "--no-scm")
    dvc(tiny, "commit", "--quiet", "--force", "code@01_first", "code@02_second")
    return tiny


def test_prose_is_recorded_and_code_is_left_to_dvc(
    locked: Path, write_notebook: Callable[..., Path], make_cell: Callable[..., dict[str, Any]]
):
    """After new prose nothing has to run; after new code the stage is as stale as it is."""
    write_notebook("01_first", make_cell("More prose.", kind="markdown"), "1 + 1")
    write_notebook("02_second", "1 + 3")
    notebooks.write_projection(locked, "02_second")
    assert locks.record_unchanged_code(locked, ["01_first", "02_second"]) == ["01_first"]
    status = json.loads(dvc(locked, "status", "--json", "code@01_first", "code@02_second"))
    assert list(status) == ["code@02_second"]
    assert locks.record_unchanged_code(locked, ["01_first", "02_second"]) == []


def test_before_the_first_run_there_is_nothing_to_record(tiny: Path):
    """Without dvc.lock, everything has to run anyway."""
    assert locks.record_unchanged_code(tiny, ["01_first"]) == []


def test_a_notebook_that_dvc_never_ran_is_left_alone(tiny: Path):
    """A new stage isn't in dvc.lock yet."""
    (tiny / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n", encoding="utf-8")
    assert locks.record_unchanged_code(tiny, ["01_first"]) == []


def test_what_killed_runs_hold_is_released(tiny: Path, processes: dict[str, int]):
    """Only a DVC that is alive keeps what it holds; an id that now belongs to another program holds nothing."""
    path = tiny / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True)
    holders = {name: {"pid": pid, "cmd": "dvc repro"} for name, pid in processes.items()}
    path.write_text(json.dumps({"write": holders, "read": {"table": list(holders.values())}}), encoding="utf-8")
    assert locks.release_dead_locks(tiny) == sorted(pid for name, pid in processes.items() if name != "running")
    kept = {"write": {"running": holders["running"]}, "read": {"table": [holders["running"]]}}
    assert json.loads(path.read_text(encoding="utf-8")) == kept
    assert locks.release_dead_locks(tiny) == []


def test_without_dvc_nothing_is_held(tiny: Path):
    """Before the first run there is no such file."""
    assert locks.release_dead_locks(tiny) == []


@pytest.mark.parametrize("text", ["", '{"write": {'])
def test_a_lock_that_was_cut_off_is_dropped(tiny: Path, text: str):
    """Killed while it wrote, DVC leaves a file at which it would stop for good."""
    path = tiny / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert locks.release_dead_locks(tiny) == []
    assert not path.exists()
