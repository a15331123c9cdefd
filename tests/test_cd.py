"""cd.yml, promote.yml and rollback.yml, run with act: the project's own image, a registry on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import acting
import journey
import pytest
from checks_of_github import checks
from containers import Docker, docker

pytestmark = pytest.mark.journey
REASON = {"version": "", "why": "odd answers since noon"}


class Machine(NamedTuple):
    """A runner with Docker, and what the repository has in its caches."""

    engine: Docker
    project: Path
    caches: Path
    venv: Path
    environ: dict[str, str]

    def run(self, workflow: str, project: Path | None = None, ci: str = "success", **options: Any) -> acting.Run:
        """Run a workflow on this machine; CI has ended so."""
        event = "push" if workflow == "cd.yml" else "workflow_dispatch"
        options["variables"] = {"IMAGE_BASE": self.engine.base, **options.get("variables", {})}
        with checks(ci) as address:
            known = {**self.environ, "GITHUB_API_URL": address}
            place = project or self.project
            return acting.run(place, workflow, event, self.caches, venv=self.venv, environment=known, **options)


@pytest.fixture(scope="module")
def machine(project: Path, environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A runner on which images can be built, of a repository whose CI has left a cache."""
    caches = tmp_path_factory.mktemp("repository")
    acting.keep(caches, project, ".dvc/cache")
    venv = acting.environment_of(project, environments)
    with docker() as engine:
        yield Machine(engine, project, caches, venv, dict(engine.variables))


@pytest.fixture
def changed(machine: Machine, tmp_path: Path) -> Callable[..., Path]:
    """Return a clone with files changed and committed."""

    def change(**edits: Callable[[str], str]) -> Path:
        clone = journey.clone(machine.project, tmp_path / machine.project.name)
        for name, edit in edits.items():
            path = clone / name.replace("__", "/").replace("_", ".")
            path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
        journey.commit(clone, "Change it")
        return clone

    return change


def test_a_new_repository_has_an_image_and_is_told_what_to_set(machine: Machine) -> None:
    """No variable, no secret: the image is built and asked, and one line says what is missing."""
    run = machine.run("cd.yml")

    assert run.jobs == {"image": "success", "staging": "skipped", "production": "skipped"}
    assert "golden rows were answered" in run.log
    assert "it stays here: set the variable IMAGE_REPOSITORY" in run.summary
    assert not (run.artifacts / "signed.txt").exists()


def test_an_image_that_does_not_start_goes_nowhere(machine: Machine, changed: Callable[..., Path]) -> None:
    """Its container ends at once: the job is red, says what the container said, and nothing is published."""
    broken = changed(Dockerfile=lambda text: text.replace('"-m", ', '"-m", "nothing.", ', 1))
    run = machine.run("cd.yml", broken, variables={"IMAGE_REPOSITORY": "127.0.0.1:9/flights"})

    assert run.jobs == {"image": "failure", "staging": "skipped", "production": "skipped"}
    assert run.failed == ["Run it, and ask its golden rows"]
    assert "No module named" in run.log


def test_what_ci_refused_is_not_published(machine: Machine) -> None:
    """The image was built meanwhile, and stays where it is."""
    run = machine.run("cd.yml", ci="failure", variables={"IMAGE_REPOSITORY": "127.0.0.1:9/flights"})

    assert run.jobs == {"image": "failure", "staging": "skipped", "production": "skipped"}
    assert run.failed == ["Wait for CI"]
    assert "ci-ok of this commit ended with failure" in run.log
