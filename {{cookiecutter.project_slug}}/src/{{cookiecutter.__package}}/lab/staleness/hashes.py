"""What DVC would record for a file or a folder, computed without starting DVC."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pathspec import GitIgnoreSpec
from platformdirs import site_config_path, user_config_path


class Hashes:
    """MD5 hashes of a project's paths as dvc.lock holds them, each computed once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.known: dict[str, str] = {}
        self.cache = cache_folder(root) / "files" / "md5"
        self.ignored = ignored_paths(root)

    def of(self, relative: str) -> str:
        """Return the hash of a file or folder; empty if it isn't there."""
        if relative not in self.known:
            path = self.root / relative
            self.known[relative] = self.of_folder(path) if path.is_dir() else md5(path)
        return self.known[relative]

    def of_folder(self, folder: Path) -> str:
        """Return the hash of a folder: that of the list of its files, as dvc_data's Tree writes it."""
        entries = [{"md5": md5(path), "relpath": path.relative_to(folder).as_posix()} for path in self.files(folder)]
        listed = json.dumps(sorted(entries, key=lambda entry: entry["relpath"]), sort_keys=True)
        return f"{hashlib.md5(listed.encode(), usedforsecurity=False).hexdigest()}.dir"

    def files(self, folder: Path) -> Iterator[Path]:
        """Yield the files below a folder that .dvcignore leaves."""
        for parent, _, names in os.walk(folder):
            for name in names:
                path = Path(parent, name)
                if not self.ignored.match_file(Path(os.path.relpath(path, self.root)).as_posix()):
                    yield path

    def cached_path(self, recorded: str) -> Path:
        """Return where DVC's cache keeps what has this hash."""
        return self.cache / recorded[:2] / recorded[2:]

    def cached(self, recorded: str) -> bool:
        """Return whether DVC's cache holds what has this hash, with every file of a folder."""
        path = self.cached_path(recorded)
        try:
            entries: list[dict[str, Any]] = json.loads(path.read_bytes()) if recorded.endswith(".dir") else []
        except (OSError, ValueError):
            return False
        return path.exists() and all(self.cached(entry["md5"]) for entry in entries)


def md5(path: Path) -> str:
    """Return the MD5 that DVC records for a file; empty if there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def ignored_paths(root: Path) -> GitIgnoreSpec:
    """Return what .dvcignore leaves out, and what DVC leaves out anyway."""
    path = root / ".dvcignore"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return GitIgnoreSpec.from_lines([".git/", ".hg/", ".dvc/", *lines])


def cache_folder(root: Path) -> Path:
    """Return where DVC keeps its cache: .dvc/cache, or what the nearest of its four settings files says."""
    folders = (site_config_path("dvc", "iterative"), user_config_path("dvc", "iterative"), root / ".dvc")
    found = root / ".dvc" / "cache"
    for path in (*(folder / "config" for folder in folders), root / ".dvc" / "config.local"):
        settings = configparser.ConfigParser(interpolation=None, strict=False)
        settings.read(path, encoding="utf-8")
        if chosen := settings.get("cache", "dir", fallback=""):
            found = (path.parent / Path(chosen).expanduser()).resolve()
    return found
