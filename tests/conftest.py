"""What all tests share: baking into a temporary folder, and a project that is there to be served."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "scripts"))

import acting  # noqa: E402
import installed  # noqa: E402
from bake import bake  # noqa: E402 - scripts/ is no package, so its folder has to be on the path first
from journey import cloned, commit, make  # noqa: E402


@pytest.fixture
def baked(tmp_path: Path) -> Callable[..., Path]:
    """Bake with the given answers and return the project."""
    return lambda **answers: bake(tmp_path, **answers)


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for environments that jobs of workflows start from; all processes of a test run share it.

    ACTING_ENVIRONMENTS may name one that outlives the run, to try a test without the wait.
    """
    if named := os.environ.get("ACTING_ENVIRONMENTS"):
        return Path(named)
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "environments"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Path:
    """A clone whose pipeline has run and was committed, for all tests that serve its Bento. They leave it as it is.

    SERVED_PROJECT may name one that is there already, to try a test without the wait.
    """
    if named := os.environ.get("SERVED_PROJECT"):
        return Path(named)
    project = cloned(tmp_path_factory.mktemp("served"))
    installed.lay_down(project, environments)
    make(project, "pipeline")
    commit(project, "Run the pipeline")
    return project


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the process that collects results know which workflows this one has started."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["started"] = dict(acting.STARTED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what another process has started."""
    acting.STARTED.update(Counter(getattr(node, "workeroutput", {}).get("started", {})))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which workflows were started by which events, and which were not."""
    if not acting.STARTED:
        return
    there = acting.events_of(TEMPLATE / "{{cookiecutter.project_slug}}" / ".github" / "workflows")
    terminalreporter.section("workflows that were run with act")
    for name in sorted(there | set(acting.STARTED)):
        terminalreporter.line(f"{acting.STARTED[name] or 'not':>3} {name}")
