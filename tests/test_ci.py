"""ci.yml, run with act in freshly baked and committed projects."""

from __future__ import annotations

from pathlib import Path

import acting
import pytest
from bake import bake, commit_all

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it is right after baking and the first commit."""
    project = bake(tmp_path_factory.mktemp("fresh"))
    commit_all(project)
    return project


def test_the_first_push_of_a_new_repository_is_green_without_any_secret(
    fresh: Path, tmp_path: Path, environments: Path
) -> None:
    """Nothing has been run, nothing is set: CI is green."""
    run = acting.run(fresh, "ci.yml", "push", tmp_path, venv=acting.environment_of(fresh, environments))

    assert run.jobs == {"check": "success", "ci-ok": "success"}
