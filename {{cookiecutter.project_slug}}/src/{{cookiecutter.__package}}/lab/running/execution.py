"""Running one stage's notebook, as DVC or a person asks for it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ...core.project import WorkspaceError
from ..files.faults import named_stage, sound_notebook
from ..workspace import StageSpec, mode_of, place
from .records import drop_record, keep_record
from .runner import RunError, Say, run_notebook


def run_stage(root: Path, name: str, say: Say, *, cell_seconds: float) -> None:
    """Run a stage's notebook in the mode that the environment asks for; a cell may take `cell_seconds`.

    Raises:
        WorkspaceError: there is no such stage, its notebook can't run, or it didn't run to its end.
    """
    spec = named_stage(root, name)
    mode = mode_of(spec.name, os.environ)
    sound_notebook(root, spec)
    executed = place(root, mode, spec.executed)
    started = time.monotonic()
    say(f"{spec.notebook} ({mode})")
    if mode == "smoke":
        drop_record(root, spec)
    run_to_the_end(root, spec, executed, say, cell_seconds)
    if mode == "smoke":
        keep_record(root, spec)
    say(f"{spec.notebook} done in {time.monotonic() - started:.1f} s -> {executed.relative_to(root)}")


def run_to_the_end(root: Path, spec: StageSpec, executed: Path, say: Say, cell_seconds: float) -> None:
    """Run a notebook, and say where its executed copy is if that fails."""
    try:
        run_notebook(root / spec.source, executed, say, cell_seconds=cell_seconds)
    except RunError as error:
        raise WorkspaceError(f"{error}\nThe executed copy shows it: {executed.relative_to(root)}") from None
