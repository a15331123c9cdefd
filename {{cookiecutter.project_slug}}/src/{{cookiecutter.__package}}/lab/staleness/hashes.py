"""What DVC would record for a file or a folder, computed without starting DVC."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

from ...core.cache import cache_folder


class Hashes:
    """MD5 hashes of a project's paths as dvc.lock holds them, each computed once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.known: dict[str, str] = {}
        self.cache = cache_folder(root)
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
