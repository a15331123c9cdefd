"""A file is there as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core.writing import replacing


def test_the_new_file_takes_the_old_one_s_place(tmp_path: Path):
    """In a folder that is made if need be, and nothing else is left there."""
    path = tmp_path / "new" / "params.yaml"
    for content in ("old", "new"):
        with replacing(path) as unfinished:
            unfinished.write_text(content)
        assert path.read_text() == content
    assert list(path.parent.iterdir()) == [path]


def fail_halfway(path: Path) -> None:
    """Write half a file."""
    with replacing(path) as unfinished:
        unfinished.write_text("hal")
        raise RuntimeError


def test_what_fails_halfway_leaves_the_old_file(tmp_path: Path):
    """And no half of the new one."""
    path = tmp_path / "table"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        fail_halfway(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_kept(tmp_path: Path):
    """A file that only its owner may read stays so."""
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o600)
    with replacing(path) as unfinished:
        unfinished.write_text("new")
    assert path.stat().st_mode & 0o777 == 0o600
