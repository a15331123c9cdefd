"""Projections of many notebooks at once: which are out of date, and writing those."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...core.project import WorkspaceError
from ..workspace import StageSpec, load_stages
from .faults import named_stage, stage_notebook
from .notebooks import projection_is_stale, write_projection

Say = Callable[[str], None]


def chosen_stages(root: Path, names: tuple[str, ...]) -> list[StageSpec]:
    """Return the stages that were named in the order of dvc.yaml, or all of them.

    Raises:
        WorkspaceError: there is no stage of such a name.
    """
    stages = load_stages(root)
    chosen = {named_stage(root, name).name for name in names} or set(stages)
    return [spec for spec in stages.values() if spec.name in chosen]


def refresh_projections(root: Path, stages: list[StageSpec], say: Say, *, check: bool) -> None:
    """Write the projections that are out of date, or with `check` fail because of them.

    Raises:
        WorkspaceError: a notebook is gone or can't be read as Python, or with `check`, a projection is out of date.
    """
    for spec in stages:
        stage_notebook(root, spec)
    stale = [spec.notebook for spec in stages if projection_is_stale(root, spec.notebook)]
    if check and stale:
        raise WorkspaceError(f"notebooks/code/ is out of date for {', '.join(stale)}: run `make format`.")
    for name in stale:
        write_projection(root, name)
        say(f"notebooks/code/{name}.py written: its code changed")
