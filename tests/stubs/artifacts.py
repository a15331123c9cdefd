"""Stands for GitHub's artifacts: a folder for each, within a folder of the run."""

from __future__ import annotations

import fnmatch
import glob
import os
import shutil
import sys
from pathlib import Path

STORE = Path(os.environ["ACTING_ARTIFACTS"])


def upload() -> None:
    """Copy the files that the paths name; a line that begins with ! takes some away."""
    lines = [line.strip() for line in os.environ["PATHS"].splitlines() if line.strip()]
    hidden = os.environ["HIDDEN"] == "true"
    found = set().union(*(files(line, hidden) for line in lines if not line.startswith("!")))
    found -= set().union(*(files(line[1:], True) for line in lines if line.startswith("!")))
    if not found:
        print(f"No files were found for {lines}")
        sys.exit(os.environ["MISSING"] == "error")
    target = STORE / os.environ["NAME"]
    if target.exists() and os.environ["OVERWRITE"] != "true":
        sys.exit(f"There is an artifact {target.name} already")
    shutil.rmtree(target, ignore_errors=True)
    root = root_of(lines, found)
    for path in sorted(found):
        (target / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target / path.relative_to(root))
    print(f"Uploaded {len(found)} files as {target.name}")


def files(pattern: str, hidden: bool) -> set[Path]:
    """Return the files that a pattern names, and those in the folders that it names; links as what they lead to."""
    expanded = str(Path(pattern).expanduser())
    named = [Path(name) for name in glob.glob(expanded, recursive=True, include_hidden=hidden)]  # noqa: PTH207
    inside = {path for folder in named if folder.is_dir() for path in folder.rglob("*") if path.is_file()}
    every = {Path(os.path.abspath(path)) for path in {*inside, *named} if path.is_file()}  # noqa: PTH100 - links stay
    here = Path.cwd()
    return {p for p in every if hidden or not any(part.startswith(".") for part in relative(p, here).parts)}


def relative(path: Path, folder: Path) -> Path:
    """Return the path as seen from a folder, or as it is."""
    return path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)


def root_of(lines: list[str], found: set[Path]) -> Path:
    """Return the folder that becomes the artifact's root."""
    if len(lines) == 1 and Path(lines[0]).is_dir():
        return Path(os.path.abspath(lines[0]))  # noqa: PTH100 - links stay
    return Path(os.path.commonpath([path.parent for path in found]))


def download() -> None:
    """Copy artifacts back."""
    name, folder = os.environ["NAME"], Path(os.environ["FOLDER"]).expanduser()
    known = sorted(path.name for path in STORE.iterdir()) if STORE.exists() else []
    wanted = [name] if name else fnmatch.filter(known, os.environ["PATTERN"])
    if name and name not in known:
        sys.exit(f"Unable to download artifact(s): Artifact not found for name: {name}")
    for each in wanted:
        flat = bool(name) or os.environ["MERGE"] == "true"
        shutil.copytree(STORE / each, folder if flat else folder / each, dirs_exist_ok=True)
    print(f"Downloaded {', '.join(wanted) or 'nothing'}")


if __name__ == "__main__":
    {"upload": upload, "download": download}[sys.argv[1]]()
