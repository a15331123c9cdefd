"""data/external/: copies of people's tables, tracked by DVC, and taken back if the rest fails."""

from __future__ import annotations

import filecmp
import glob
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ...core.project import WorkspaceError

EXTERNAL = Path("data") / "external"


class Place(NamedTuple):
    """Where a table's files are copied to: `target` is a file, or a folder of many; all paths are absolute."""

    files: dict[Path, Path]
    target: Path
    source: str

    @property
    def is_there(self) -> bool:
        """Whether the copy is there already, and the same; what lies there by itself is its own copy."""
        if all(path == copy for path, copy in self.files.items()):
            return True
        same = all(copy.exists() and filecmp.cmp(path, copy, shallow=False) for path, copy in self.files.items())
        return same and (not self.target.is_dir() or set(self.target.iterdir()) == set(self.files.values()))


def place_of(paths: tuple[Path, ...], root: Path) -> Place:
    """Return where these files go: one by its own name, several into a folder named after theirs.

    What lies in data/external already stays where it is.

    Raises:
        WorkspaceError: two files have the same name.
    """
    external = (root / EXTERNAL).resolve()
    if len(paths) == 1:
        target = paths[0] if paths[0].is_relative_to(external) else external / paths[0].name
        return Place({paths[0]: target}, target, glob.escape(target.relative_to(root.resolve()).as_posix()))
    folder = paths[0].parent
    target = folder if folder.is_relative_to(external) and folder != external else external / (folder.name or "table")
    files = {path: target / path.name for path in paths}
    if len(set(files.values())) < len(files):
        raise WorkspaceError("Two of the files have the same name, and they go into one folder: rename one of them.")
    pattern = f"{glob.escape(target.relative_to(root.resolve()).as_posix())}/*{''.join(paths[0].suffixes[-1:])}"
    return Place(files, target, pattern)


def is_tracked(target: Path, root: Path) -> bool:
    """Return whether DVC holds exactly what is at this path, so that replacing it loses nothing."""
    pointer = target.with_name(f"{target.name}.dvc")
    if not pointer.exists():
        return False
    done = dvc(root, "status", "--json", str(pointer))
    return done.returncode == 0 and done.stdout.strip() == "{}"


def dvc(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run DVC in the project."""
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def refuse_overwriting(place: Place, root: Path) -> str:
    """Return a sentence if a tracked copy will be replaced, and an empty text if nothing is.

    Raises:
        WorkspaceError: something else is there that DVC doesn't hold.
    """
    shown = place.target.relative_to(root.resolve()).as_posix()
    if not place.target.exists() or place.is_there:
        return ""
    if not is_tracked(place.target, root):
        raise WorkspaceError(f"{shown} is there already, differs, and isn't tracked: rename it, or `dvc add` it first.")
    return f"{shown} is there already and differs; it is replaced, and `git log {shown}.dvc` finds the old one."


@contextmanager
def copied(place: Place, root: Path) -> Iterator[None]:
    """Copy the files and have DVC track them; if anything in the block fails, everything is as before.

    Raises:
        WorkspaceError: DVC refuses.
    """
    kept = [place.target, *(place.target.with_name(name) for name in (f"{place.target.name}.dvc", ".gitignore"))]
    before = {path: path.with_name(f".{path.name}.kept") for path in kept if path.exists()}
    # What is in place already is only tracked, not moved.
    moved = {path: kept for path, kept in before.items() if path != place.target or not place.is_there}
    place.target.parent.mkdir(parents=True, exist_ok=True)
    try:
        for path, aside in moved.items():
            path.rename(aside) if path == place.target else shutil.copy2(path, aside)
        put(place)
        done = dvc(root, "add", "--quiet", str(place.target))
        if done.returncode:
            reason = " ".join(done.stderr.split()).removeprefix("ERROR: ").rstrip(".")
            raise WorkspaceError(f"DVC doesn't track the copy: {reason}.")
        yield
    except BaseException:
        for path in kept:
            if path in moved or path not in before:
                remove(path)
        for path, aside in moved.items():
            if aside.exists():
                aside.rename(path)
        raise
    for aside in moved.values():
        remove(aside)


def put(place: Place) -> None:
    """Copy what isn't there yet."""
    for path, copy in place.files.items():
        if path != copy and not (copy.exists() and filecmp.cmp(path, copy, shallow=False)):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
