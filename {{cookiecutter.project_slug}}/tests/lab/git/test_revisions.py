"""What git knows of other commits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core.project import WorkspaceError
from {{cookiecutter.__package}}.lab.git import revisions


def git(root: Path, *arguments: str) -> str:
    """Run git, whatever the machine's own settings are."""
    command = ["git", "-c", "user.name=ada", "-c", "user.email=ada@localhost", *arguments]
    environ = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """A project in a folder of a repository with two commits."""
    root = tmp_path / "repository" / "a folder"
    root.mkdir(parents=True)
    git(root.parent, "init", "--quiet", "--initial-branch=main")
    for text in ("one", "two"):
        (root / "ä.txt").write_text(text, encoding="utf-8")
        (root.parent / "outside.txt").write_text(text, encoding="utf-8")
        git(root.parent, "add", "--all")
        git(root.parent, "commit", "--quiet", "--message", text)
    return root


def test_files_are_seen_from_the_project(inside: Path):
    """At another commit, with any name, and only its own."""
    first = revisions.commit_of(inside, "main~1")
    assert first == git(inside, "rev-parse", "HEAD~1")
    assert revisions.text_at(inside, first, "ä.txt") == "one"
    assert revisions.text_at(inside, first, "outside.txt") is None
    (inside / "new.txt").touch()
    assert revisions.changed_files(inside, first) == ["new.txt", "ä.txt"]
    assert revisions.changed_files(inside, "main") == ["new.txt"]


@pytest.mark.parametrize("name", ["nothing", "", "--help", "main:outside.txt", "HEAD~9"])
def test_what_names_no_commit_is_none(inside: Path, name: str):
    """Whatever it names else."""
    assert revisions.commit_of(inside, name) == ""


def test_a_commit_lies_in_a_folder_of_its_own(inside: Path):
    """The project within it; it is gone afterwards."""
    with revisions.worktree(inside, "main~1") as tree:
        assert (tree / "ä.txt").read_text(encoding="utf-8") == "one"
        assert (inside / "ä.txt").read_text(encoding="utf-8") == "two"
    assert not tree.exists()
    assert git(inside, "worktree", "list").count("\n") == 0


def test_it_is_gone_when_something_went_wrong_too(inside: Path):
    """Nothing stays registered."""
    with pytest.raises(KeyError), revisions.worktree(inside, "main~1"):
        raise KeyError
    assert git(inside, "worktree", "list").count("\n") == 0


def test_a_commit_that_is_not_there_is_one_sentence(inside: Path):
    """Of git's own, its last."""
    with pytest.raises(WorkspaceError, match=r"^git can't lay out 0000000: .+$"), revisions.worktree(inside, "0" * 40):
        pass
