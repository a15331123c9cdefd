"""What DVC's cache has: files and folders, whole or in part."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core.cache import is_kept, kept_path


def keep(folder: Path, content: bytes, suffix: str = "") -> str:
    """Put content into a cache, and return its hash."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest() + suffix
    path = kept_path(folder, md5)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return md5


def test_a_folder_is_there_if_all_its_files_are(tmp_path: Path):
    """DVC keeps a list of them under the folder's own hash."""
    member = keep(tmp_path, b"a member")
    folder = keep(tmp_path, json.dumps([{"md5": member, "relpath": "a"}]).encode(), ".dir")
    assert is_kept(tmp_path, folder)
    kept_path(tmp_path, member).unlink()
    assert not is_kept(tmp_path, folder)


@pytest.mark.parametrize("content", [b"", b"no JSON", None])
def test_a_folder_whose_list_can_not_be_read_is_missing(tmp_path: Path, content: bytes | None):
    """A killed DVC may leave half of one."""
    folder = "a" * 32 + ".dir"
    if content is not None:
        kept_path(tmp_path, folder).parent.mkdir()
        kept_path(tmp_path, folder).write_bytes(content)
    assert not is_kept(tmp_path, folder)
