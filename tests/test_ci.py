"""ci.yml, run with act in freshly baked and committed projects."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import acting
import journey
import pytest
from bake import bake, commit_all

pytestmark = pytest.mark.journey

GREEN = {"check": "success", "notebooks": "success", "model": "success", "ci-ok": "success"}
# What most of these projects keep of their tests: the workflow is what is tested here, and one test runs them all.
KEPT = ("conftest.py", "test_architecture.py", "data", "model", "core")
SLOW_TESTS = ("tests/core/test_*.py", "tests/core/*/test_*.py")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it is right after baking and the first commit, with a few of its tests."""
    project = bake(tmp_path_factory.mktemp("fresh"))
    for path in (project / "tests").iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (path for pattern in SLOW_TESTS for path in project.glob(pattern) if "schema" not in path.name):
        path.unlink()
    commit_all(project)
    return project


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What outlives a run of this repository's workflows."""
    return tmp_path_factory.mktemp("repository")


@pytest.fixture(scope="module")
def first_push(fresh: Path, caches: Path, environments: Path) -> acting.Run:
    """The first run of all."""
    return acting.run(fresh, "ci.yml", "push", caches, venv=acting.environment_of(fresh, environments))


@pytest.fixture(scope="module")
def ran(first_push: acting.Run, fresh: Path, caches: Path, environments: Path, tmp_path_factory) -> Path:
    """The project after `make pipeline` on somebody's machine; DVC knows the runs of the first push, so it takes seconds."""
    project = journey.clone(fresh, tmp_path_factory.mktemp("ran") / fresh.name)
    subprocess.run(["cp", "-al", acting.environment_of(fresh, environments), project / ".venv"], check=True)
    acting.unpack(caches, project)
    journey.make(project, "pipeline")
    journey.commit(project, "Run the pipeline")
    return project


@pytest.fixture
def changed(ran: Path, tmp_path: Path) -> Callable[[Callable[[Path], object]], Path]:
    """Return a clone with a change committed."""

    def change(edit: Callable[[Path], object]) -> Path:
        project = journey.clone(ran, tmp_path / ran.name)
        edit(project)
        journey.commit(project, "Change it")
        return project

    return change


def test_the_first_push_of_a_new_repository_is_green_without_any_secret(first_push: acting.Run) -> None:
    """Nothing has been run, nothing is set: the pipeline runs in CI, and the model it made is served."""
    assert first_push.jobs == GREEN
    assert "There is no dvc.lock: nothing has been run yet" in first_push.logs["model"]
    assert "so they run: 01_ingest" in first_push.logs["model"]
    assert "golden rows were answered" in first_push.logs["model"]


def test_with_dvc_lock_and_a_cache_nothing_runs_again(ran: Path, caches: Path, environments: Path) -> None:
    """A pull request finds what main's run left in the cache."""
    run = acting.run(ran, "ci.yml", "pull_request", caches, venv=acting.environment_of(ran, environments))

    assert run.jobs == GREEN
    assert "Running stage" not in run.log
    assert "Everything that dvc.lock names is here." in run.logs["model"]


def test_a_lint_fault_and_a_stale_lock_are_red_where_they_are(
    changed: Callable[..., Path], caches: Path, environments: Path
) -> None:
    """Somebody edited a notebook after the run, and left an import behind: the notebooks themselves still work."""

    def edit(project: Path) -> None:
        journey.edit_notebook(project, "03_train", "code", "import os")
        subprocess.run([environments.parent], check=False) if False else None
        project_code(project)

    project = changed(edit)
    run = acting.run(project, "ci.yml", "push", caches, venv=acting.environment_of(project, environments))

    assert run.red == {"check", "model", "ci-ok"}
    assert run.jobs["notebooks"] == "success"
