"""What becomes of the bytes that a hash names: kept, in their place alone, damaged, gone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core.cache import kept_path
from {{cookiecutter.__package}}.live.registry.tracing import kept

CONTENT = b"a table"


@pytest.fixture
def known() -> kept.Digests:
    """The hashes under which the content was recorded."""
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    return kept.Digests(md5, hashlib.sha256(CONTENT).hexdigest())


def put(path: Path, content: bytes = CONTENT) -> None:
    """Write a file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_file_is_hashed_unless_the_cache_is_believed(tmp_path: Path, known: kept.Digests):
    """What is only in its place is present: the next run of its stage would overwrite it."""
    place = tmp_path / "table"
    assert kept.state_of(tmp_path, place, known) == "missing"
    put(place)
    assert kept.state_of(tmp_path, place, known) == "present"
    put(kept_path(tmp_path, known.md5))
    assert kept.state_of(tmp_path, place, known) == "kept"
    assert kept.state_of(tmp_path, place, known, thorough=False) == "unread"


def test_other_bytes_under_a_hash_are_told_apart(tmp_path: Path, known: kept.Digests):
    """Damaged is what has another MD5 than its name; other is what has the MD5 alone."""
    put(kept_path(tmp_path, known.md5), b"half a ta")
    assert kept.state_of(tmp_path, tmp_path / "table", known) == "damaged"
    put(kept_path(tmp_path, known.md5))
    assert kept.state_of(tmp_path, tmp_path / "table", known._replace(sha256="0" * 64)) == "other"
    assert kept.state_of(tmp_path, tmp_path / "table", known._replace(sha256="")) == "kept"


def test_a_folder_is_unread_while_all_its_files_are_there(tmp_path: Path, known: kept.Digests):
    """Its own hash is that of a list."""
    put(kept_path(tmp_path, known.md5))
    listed = json.dumps([{"md5": known.md5, "relpath": "a"}]).encode()
    folder = kept.Digests(hashlib.md5(listed, usedforsecurity=False).hexdigest() + ".dir", "")
    put(kept_path(tmp_path, folder.md5), listed)
    assert kept.state_of(tmp_path, tmp_path / "absent", folder) == "unread"
    kept_path(tmp_path, known.md5).unlink()
    assert kept.state_of(tmp_path, tmp_path / "absent", folder) == "missing"


def test_both_hashes_are_of_the_whole_file(tmp_path: Path):
    """However large it is."""
    content = b"x" * (kept.BLOCK + 1)
    (tmp_path / "large").write_bytes(content)
    expected = hashlib.md5(content, usedforsecurity=False).hexdigest(), hashlib.sha256(content).hexdigest()
    assert kept.digests(tmp_path / "large") == expected
