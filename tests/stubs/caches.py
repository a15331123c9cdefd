"""Stands for GitHub's caches: tar files in a folder, found by key or by the beginning of one."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
from pathlib import Path
from urllib.parse import quote, unquote


def main() -> None:
    """Save or restore, as the one argument says."""
    paths = [line.strip() for line in os.environ["PATHS"].splitlines() if line.strip()]
    # A cache that was saved for other paths is another cache, as on GitHub.
    folder = Path(os.environ["ACTING_CACHES"], hashlib.sha256("\n".join(paths).encode()).hexdigest()[:12])
    folder.mkdir(parents=True, exist_ok=True)
    {"save": save, "restore": restore}[sys.argv[1]](folder, paths, os.environ["KEY"])


def save(folder: Path, paths: list[str], key: str) -> None:
    """Keep the paths under a key, unless it is taken or there is nothing to keep."""
    target = folder / quote(key, safe="")
    there = [path for path in paths if Path(path).exists()]
    if target.exists() or not there:
        print(f"Nothing saved: {f'{key} is there already' if target.exists() else 'no such path'}")
        return
    unfinished = target.with_suffix(f".{os.getpid()}.unfinished")
    with tarfile.open(unfinished, "w") as archive:
        for path in there:
            archive.add(path)
    unfinished.rename(target)
    print(f"Saved {key}")


def restore(folder: Path, paths: list[str], key: str) -> None:
    """Bring back what has the key, else the newest that begins as one of restore-keys."""
    kept = sorted(
        (path for path in folder.iterdir() if path.suffix != ".unfinished"), key=lambda path: -path.stat().st_mtime
    )
    wanted = [key, *filter(None, (line.strip() for line in os.environ["BEGINNINGS"].splitlines()))]
    exact = [path for path in kept if unquote(path.name) == key]
    found = exact or [path for start in wanted for path in kept if unquote(path.name).startswith(start)]
    if not found:
        print(f"Nothing found for {key}")
        sys.exit(os.environ["REQUIRED"] == "true")
    shutil.unpack_archive(found[0], ".", "tar")
    print(f"Restored {unquote(found[0].name)}")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"cache-hit={str(bool(exact)).lower()}\ncache-matched-key={unquote(found[0].name)}\n")


if __name__ == "__main__":
    main()
