"""What git keeps under names, asked of a real repository."""

from __future__ import annotations

from typing import Any

from {{cookiecutter.__package}}.live.registry.tracing import repository

# A record of conftest.py, which tests can't import.
World = Any


def test_files_are_read_as_a_commit_has_them(world: World):
    """In the order asked; nothing for what isn't there, and for a folder."""
    asked = ["src/code.py", "absent.txt", "src", "params.yaml"]
    code, absent, folder, params = repository.contents(world.root, world.first.trained_on, asked)
    assert (code, absent, folder) == (b"trees = 1\n", None, None)
    assert (params or b"").startswith(b"name: tiny\n")
    assert repository.contents(world.root, "no-commit", asked) == [None] * 4
    assert repository.contents(world.root, world.first.commit, []) == []


def test_a_commit_is_found_by_whatever_names_it(world: World):
    """An id, its beginning, a branch; what isn't one names none."""
    for name in (world.prose, world.prose[:7], "main~1"):
        found = repository.load_commit(world.root, name)
        assert found
        assert (found.id, found.subject, found.author) == (world.prose, "Prose", "test")
    for name in ("main:src/code.py", "--all", "", "nonsense"):
        assert repository.load_commit(world.root, name) is None


def test_paths_are_listed_as_they_are_written(copied: World):
    """Also what isn't ASCII."""
    copied.write("data/größe.csv.dvc", "outs: []\n")
    copied.git("add", "--all")
    assert repository.paths(copied.root, "ls-files", "-z", "--", "data/größe.csv.dvc") == ["data/größe.csv.dvc"]
