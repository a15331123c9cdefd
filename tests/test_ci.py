"""ci.yml, run with act in freshly baked and committed projects."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import acting
import installed
import journey
import pytest
from bake import bake, commit_all

pytestmark = pytest.mark.journey

CI_OK = "Every job has to have succeeded"
BROKEN = '''"""What is not so."""


def test_one_and_one():
    """It is two."""
    assert 1 + 1 == 3
'''
MINUTES = 10  # on two cores, where four jobs share what GitHub gives each of them
GREEN = {"check": "success", "service": "success", "notebooks": "success", "model": "success", "ci-ok": "success"}
# What most of these projects keep of their tests: the workflow is what is tested here, and one test runs them all.
KEPT = ("conftest.py", "test_architecture.py", "data", "model", "core", "lab", "live")
QUICK = ("schema", "banner", "settings")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it is right after baking and the first commit, with a few of its tests."""
    project = bake(tmp_path_factory.mktemp("fresh"))
    thin_out(project)
    commit_all(project)
    return project


@pytest.fixture(scope="module")
def ran(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose pipeline has run and was committed, with a few of its tests."""
    clone = journey.clone(project, tmp_path_factory.mktemp("ran") / project.name)
    thin_out(clone)
    journey.commit(clone, "Fewer tests")
    return clone


@pytest.fixture(scope="module")
def caches(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an earlier run of this repository's workflows has left."""
    folder = tmp_path_factory.mktemp("repository")
    acting.keep(folder, project)
    return folder


@pytest.fixture
def changed(ran: Path, tmp_path: Path) -> Callable[[Callable[[Path], object]], Path]:
    """Return a clone with a change committed."""

    def change(edit: Callable[[Path], object]) -> Path:
        project = journey.clone(ran, tmp_path / ran.name)
        edit(project)
        journey.commit(project, "Change it")
        return project

    return change


def test_the_first_push_of_a_new_repository_is_green_without_any_secret(
    fresh: Path, tmp_path: Path, environments: Path
) -> None:
    """Nothing has been run, nothing is set: the pipeline runs in CI, and the model it made is served."""
    run = acting.run(fresh, "ci.yml", "push", tmp_path, venv=installed.environment_of(fresh, environments))

    assert run.jobs == GREEN
    assert "There is no dvc.lock: nothing has been run yet" in run.logs["model"]
    assert "so they run: 01_ingest" in run.logs["model"]
    assert "golden rows were answered" in run.logs["model"]
    assert list((tmp_path / "caches").glob("*/dvc-*"))


def test_with_dvc_lock_and_a_cache_nothing_runs_again(ran: Path, caches: Path, environments: Path) -> None:
    """A pull request finds what main's run left in the cache."""
    run = acting.run(ran, "ci.yml", "pull_request", caches, venv=installed.environment_of(ran, environments))

    assert run.jobs == GREEN
    assert "Running stage" not in run.log
    assert "Everything that dvc.lock names is here." in run.logs["model"]


def test_a_lint_fault_and_a_stale_lock_are_red_where_they_are(
    project: Path, changed: Callable[..., Path], caches: Path, environments: Path
) -> None:
    """Somebody edited a notebook after the run and left an import behind; tests and notebooks still work."""

    def edit(clone: Path) -> None:
        journey.edit_notebook(clone, "03_train", "code", "# a second thought")
        journey.run([str(project / ".venv" / "bin" / "lab"), "project"], clone)
        append(clone / "tests" / "conftest.py", "import json\n")

    edited = changed(edit)
    run = acting.run(edited, "ci.yml", "push", caches, venv=installed.environment_of(edited, environments))

    assert run.red == {"check", "model", "ci-ok"}
    assert run.jobs["notebooks"] == "success"
    # Jobs run beside each other: which of them says so first is chance.
    assert sorted(run.failed[:-1]) == ["Lint, formatting and projections", "Was it made by what is committed?"]
    assert run.failed[-1] == CI_OK
    assert "03_train     stale" in run.logs["model"]
    assert re.search(r"\d+ passed.*\n.*Success - Main Test the package", run.logs["check"])


@pytest.mark.slow
def test_a_failing_test_and_a_broken_promise_are_red_where_they_are(
    changed: Callable[..., Path], caches: Path, environments: Path
) -> None:
    """A contract cell promises what neither a sample nor the last run keeps."""

    def edit(project: Path) -> None:
        append(project / "tests" / "test_arithmetic.py", BROKEN)
        notebook = project / "notebooks" / "04_evaluate.ipynb"
        text = notebook.read_text(encoding="utf-8")
        assert "beats baseline: yes" in text
        notebook.write_text(text.replace("beats baseline: yes", "beats baseline: no"), encoding="utf-8")

    project = changed(edit)
    run = acting.run(project, "ci.yml", "pull_request", caches, venv=installed.environment_of(project, environments))

    assert run.red == {"check", "notebooks", "model", "ci-ok"}
    assert set(run.failed) == {
        *("Test the package", "Run the notebooks against their contract"),
        *("Does the last run keep the contract?", CI_OK),
    }


@pytest.mark.parametrize("event", ["push", "pull_request", "schedule", "workflow_dispatch"])
def test_security_looks_at_the_locks_and_the_workflows(fresh: Path, tmp_path: Path, event: str) -> None:
    """Both locks can be read by their hashes, and zizmor finds nothing; known faults can't be looked up here."""
    run = acting.run(fresh, "security.yml", event, tmp_path)

    assert run.jobs == {"libraries": "success", "workflows": "success"}
    assert "requirements/serve.txt could be read" in run.logs["libraries"]
    assert "requirements/dev.txt could be read" in run.logs["libraries"]
    assert "No findings to report" in run.logs["workflows"]


@pytest.mark.slow
def test_without_a_cache_the_lock_is_reproduced(ran: Path, tmp_path: Path, environments: Path) -> None:
    """GitHub forgets caches after a week; the local remote is on somebody's disk. Started as `lab propose` does."""
    run = acting.run(ran, "ci.yml", "workflow_dispatch", tmp_path, venv=installed.environment_of(ran, environments))

    assert run.jobs == GREEN
    assert "Running stage 'train'" in run.logs["model"]
    assert re.search(r"Made again; \d+ of \d+ outputs are other bytes", run.logs["model"])


@pytest.mark.slow
def test_the_whole_of_ci_takes_minutes(ran: Path, caches: Path, environments: Path, tmp_path: Path) -> None:
    """Every test of a new project, with warm caches, on this machine; the time is printed."""
    whole = bake(tmp_path / "whole")
    for name in ("dvc.lock", *(f"metrics/{path.name}" for path in (ran / "metrics").glob("*.json"))):
        shutil.copy(ran / name, whole / name)
    commit_all(whole)

    run = acting.run(whole, "ci.yml", "push", caches, venv=installed.environment_of(whole, environments))

    assert run.jobs == GREEN
    print(f"ci.yml, all of a new project's tests, warm caches, {os.cpu_count()} cores: {run.seconds:.0f} s")
    assert run.seconds < MINUTES * 60


def thin_out(project: Path) -> None:
    """Leave a project few of its tests."""
    for path in (project / "tests").iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for part in ("core", "lab", "live"):
        for path in (project / "tests" / part).rglob("test_*.py"):
            if not any(quick in path.name for quick in QUICK):
                path.unlink()


def append(path: Path, text: str) -> None:
    """Add text at the end of a file, which need not be there."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)
