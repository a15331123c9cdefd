"""What the tests share whose workflows say something on GitHub: projects that ran, caches they left, GitHub itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import acting
import installed
import journey
from bake import TEMPLATE

sys.path.insert(0, str(TEMPLATE / "{{cookiecutter.project_slug}}" / "tests" / "lab" / "github"))
# Compiled, it would lie in the template and be baked with it.
compiling, sys.dont_write_bytecode = sys.dont_write_bytecode, True
import github_server  # noqa: E402 - after what it needs

sys.dont_write_bytecode = compiling


def restored(project: Path, folder: Path, environments: Path) -> Path:
    """Return a clone of a project that has run, with an environment and with what it made, on main."""
    clone = journey.clone(project, folder / project.name)
    installed.lay_down(clone, environments)
    subprocess.run(["cp", "-a", str(project / ".dvc" / "cache"), str(clone / ".dvc")], check=True)
    journey.make(clone, "restore")
    journey.run([*journey.GIT, "checkout", "--quiet", "-B", "main"], clone)
    return clone


def head(project: Path) -> str:
    """Return the commit that is checked out."""
    return journey.run([*journey.GIT, "rev-parse", "HEAD"], project).strip()


def github_of() -> github_server.Server:
    """Return GitHub for the repository of the tests, with the token that workflows get."""
    return github_server.Server(repository=acting.REPOSITORY, token=acting.TOKEN)


def results(project: Path) -> dict[str, str]:
    """Return dvc.lock and the metrics, as they lie there."""
    paths = [project / "dvc.lock", *(project / "metrics").glob("*.json")]
    return {path.relative_to(project).as_posix(): path.read_text(encoding="utf-8") for path in paths}
