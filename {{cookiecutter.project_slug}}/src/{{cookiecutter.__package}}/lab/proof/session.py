"""Calling nbval: the notebooks of some stages as tests, with one of our plugins."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ...core.project import WorkspaceError
from .. import running
from ..files.copies import check_copy
from ..files.faults import sound_notebook
from ..files.projections import Say, chosen_stages
from ..workspace import StageSpec, load_stages


def replay_notebooks(root: Path, names: tuple[str, ...], say: Say, *, only_current: bool) -> int:
    """Hold executed copies to their notebooks' contract, and return pytest's exit code.

    Raises:
        WorkspaceError: a copy is missing or was made by other code, unless `only_current`; or a notebook can't run.
    """
    chosen = chosen_stages(root, names)
    for spec in chosen:
        sound_notebook(root, spec)
    if not any((root / spec.executed).exists() for spec in load_stages(root).values()):
        sentence = (
            "Nothing to replay: reports/ holds no executed copy. `make pipeline` makes them, `dvc pull` brings them."
        )
        if not only_current:
            raise WorkspaceError(sentence)
        say(sentence)
        return 0
    refused = {spec: reason for spec in chosen if (reason := refusal(root, spec))}
    if refused and not only_current:
        raise WorkspaceError("\n".join(refused.values()))
    for reason in refused.values():
        say(f"Not replayed: {reason}")
    current = [spec for spec in chosen if spec not in refused]
    return call_pytest(root, current, "replay") if current else 0


def refusal(root: Path, spec: StageSpec) -> str:
    """Return why a stage's executed copy can't stand for its notebook, or nothing."""
    try:
        check_copy(root / spec.source, root / spec.executed)
    except WorkspaceError as error:
        return str(error)
    return ""


def call_pytest(root: Path, stages: Sequence[StageSpec], plugin: str, *options: str) -> int:
    """Run the notebooks of stages as tests with one of this package's plugins; return pytest's exit code."""
    # Only nbval, the plugin, and first what makes them start sooner: what else is installed costs a second, and other
    # tests' options have no place here. pytest's own summary is off, because the plugins end with one sentence for each
    # failed cell, and what `pytest --lf` remembers of the other tests is left alone.
    names = (running.__name__, "nbval.plugin", f"{__package__}.{plugin}")
    plugins = ("--disable-plugin-autoload", *(word for name in names for word in ("-p", name)), "-o", "addopts=")
    quiet = ("--no-header", "-rN", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *plugins, *quiet, *options, *(spec.source for spec in stages)]
    return subprocess.run(command, cwd=root, check=False).returncode
