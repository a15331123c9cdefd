"""What DVC keeps, found without starting DVC."""

from __future__ import annotations

import configparser
import hashlib
import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

from platformdirs import site_config_path, user_config_path

BLOCK = 2**20
State = Literal["kept", "unread", "present", "damaged", "other", "missing"]


class Digests(NamedTuple):
    """Both hashes of the same bytes."""

    md5: str
    sha256: str


def cache_folder(root: Path) -> Path:
    """Return where DVC keeps its cache: .dvc/cache, or what the nearest of its four settings files says."""
    general = (site_config_path("dvc", "iterative"), user_config_path("dvc", "iterative"), root / ".dvc")
    chosen = root / ".dvc" / "cache"
    for path in (*(folder / "config" for folder in general), root / ".dvc" / "config.local"):
        settings = configparser.ConfigParser(interpolation=None, strict=False)
        settings.read(path, encoding="utf-8")
        if named := settings.get("cache", "dir", fallback=""):
            chosen = (path.parent / Path(named).expanduser()).resolve()
    return chosen / "files" / "md5"


def kept_path(cache: Path, md5: str) -> Path:
    """Return where the cache keeps what has this hash."""
    return cache / md5[:2] / md5[2:]


def is_kept(cache: Path, md5: str) -> bool:
    """Return whether the cache has what has this hash, and every file of a folder."""
    path = kept_path(cache, md5)
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_bytes()) if md5.endswith(".dir") else []
    except (OSError, ValueError):
        return False
    return path.is_file() and all(is_kept(cache, entry["md5"]) for entry in entries)


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
