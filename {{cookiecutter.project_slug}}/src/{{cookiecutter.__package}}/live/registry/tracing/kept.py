"""Whether DVC still has the bytes that a hash names, and whether they are those."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal, NamedTuple

from ....core.cache import is_kept, kept_path

BLOCK = 2**20
State = Literal["kept", "unread", "present", "damaged", "other", "missing"]


class Digests(NamedTuple):
    """Both hashes of the same bytes."""

    md5: str
    sha256: str


def kept_bytes(cache: Path, md5: str) -> bytes | None:
    """Return a file of the cache, or None if it isn't there."""
    try:
        return kept_path(cache, md5).read_bytes()
    except OSError:
        return None


def digests(path: Path) -> Digests:
    """Return both hashes of a file, read once."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            md5.update(block)
            sha256.update(block)
    return Digests(md5.hexdigest(), sha256.hexdigest())


def state_of(cache: Path, path: Path, known: Digests, *, thorough: bool = True) -> State:
    """Return whether the bytes with these hashes are in the cache, else at `path`, and are what their hashes say.

    A folder is unread, and so is a file unless `thorough`: the cache has it, and nobody hashed it. An unknown SHA-256
    is empty and isn't compared; what has the MD5 and not the SHA-256 is other bytes than were recorded.
    """
    if not is_kept(cache, known.md5):
        return "present" if path.is_file() and state_of_file(path, known) == "kept" else "missing"
    if known.md5.endswith(".dir") or not thorough:
        return "unread"
    return state_of_file(kept_path(cache, known.md5), known)


def state_of_file(path: Path, known: Digests) -> State:
    """Return whether a file has these hashes."""
    found = digests(path)
    if found.md5 != known.md5:
        return "damaged"
    return "kept" if known.sha256 in ("", found.sha256) else "other"
