"""Checking notebooks on a sample: what they need first, then each cell as a test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ..files.faults import sound_notebook
from ..files.projections import chosen_stages
from ..running.execution import run_stage
from ..running.records import drop_record, is_whole
from ..running.runner import Say
from ..workspace import StageSpec, load_stages, place
from .session import call_pytest


def check_notebooks(root: Path, names: tuple[str, ...], say: Say, *, cell_seconds: float) -> int:
    """Run notebooks on a sample through nbval, all of them or those named, and return pytest's exit code.

    Raises:
        WorkspaceError: a notebook can't run, or one that a named one needs didn't run to its end.
    """
    stages = load_stages(root)
    chosen = {spec.name for spec in chosen_stages(root, names)}
    first, checked = split(stages, chosen)
    for spec in (*first, *checked):
        sound_notebook(root, spec)
    os.environ["LAB_PROFILE"] = "smoke"
    if not names:
        shutil.rmtree(place(root, "smoke", "."), ignore_errors=True)
    for spec in first:
        if not is_whole(root, spec):
            run_stage(root, spec.notebook, say, cell_seconds=cell_seconds)
    for spec in checked:
        drop_record(root, spec)
    return call_pytest(root, checked, "rehearsal", "-x", f"--nbval-cell-timeout={cell_seconds:g}")


def split(stages: Mapping[str, StageSpec], chosen: set[str]) -> tuple[list[StageSpec], list[StageSpec]]:
    """Return which notebooks have to be made first, and which are checked.

    One that lies between two chosen ones is checked with them, because it can't be made before the first.
    """
    needs = {name: needed(stages, name) for name in stages}
    wanted = set().union(*(needs[name] for name in chosen)) - chosen
    between = {name for name in wanted if needs[name] & chosen}
    return [stages[n] for n in stages if n in wanted - between], [stages[n] for n in stages if n in chosen | between]


def needed(stages: Mapping[str, StageSpec], name: str) -> set[str]:
    """Return the stages whose outputs a stage reads, and those that these need in turn."""
    direct = {other.name for other in stages.values() if set(other.outputs) & set(stages[name].inputs)}
    return direct.union(*(needed(stages, other) for other in direct))
