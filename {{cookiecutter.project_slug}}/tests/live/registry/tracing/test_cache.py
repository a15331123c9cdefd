"""What DVC's cache has: files and folders, whole or in part."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.live.registry.tracing import cache


def keep(folder: Path, content: bytes, suffix: str = "") -> str:
    """Put content into a cache, and return its hash."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest() + suffix
    path = cache.kept_path(folder, md5)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return md5


def test_a_folder_is_there_if_all_its_files_are(tmp_path: Path):
    """DVC keeps a list of them under the folder's own hash."""
    member = keep(tmp_path, b"a member")
    folder = keep(tmp_path, json.dumps([{"md5": member, "relpath": "a"}]).encode(), ".dir")
    known = cache.Digests(folder, "")
    assert cache.state_of(tmp_path, tmp_path / "absent", known) == "unread"
    cache.kept_path(tmp_path, member).unlink()
    assert cache.state_of(tmp_path, tmp_path / "absent", known) == "missing"


@pytest.mark.parametrize("content", [b"", b"no JSON", None])
def test_a_folder_whose_list_can_not_be_read_is_missing(tmp_path: Path, content: bytes | None):
    """A killed DVC may leave half of one."""
    folder = "a" * 32 + ".dir"
    if content is not None:
        cache.kept_path(tmp_path, folder).parent.mkdir()
        cache.kept_path(tmp_path, folder).write_bytes(content)
    assert cache.state_of(tmp_path, tmp_path / "absent", cache.Digests(folder, "")) == "missing"


def test_both_hashes_are_of_the_whole_file(tmp_path: Path):
    """However large it is."""
    content = b"x" * (cache.BLOCK + 1)
    (tmp_path / "large").write_bytes(content)
    expected = hashlib.md5(content, usedforsecurity=False).hexdigest(), hashlib.sha256(content).hexdigest()
    assert cache.digests(tmp_path / "large") == expected
