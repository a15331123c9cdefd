"""DVC's two locks: dvc.lock, kept in step with prose and outputs, and what a killed run still holds."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from ..workspace import load_yaml
from .hashes import md5


def record_unchanged_code(root: Path, notebooks: list[str]) -> list[str]:
    """Tell DVC of notebooks whose projection is as locked although the file differs; return their names."""
    locked = locked_stages(root)
    changed = [name for name in notebooks if only_prose_changed(root, name, locked.get(f"code@{name}"))]
    if changed:
        targets = [f"code@{name}" for name in changed]
        subprocess.run([sys.executable, "-m", "dvc", "commit", "--quiet", "--force", *targets], cwd=root, check=True)
    return changed


def only_prose_changed(root: Path, name: str, entry: dict | None) -> bool:
    """Return whether the notebook differs from its lock entry while its projection doesn't."""
    if not entry:
        return False
    same = [md5(root / item["path"]) == item["md5"] for item in (*entry["deps"], *entry["outs"])]
    return not same[0] and all(same[1:])


def locked_stages(root: Path) -> dict[str, Any]:
    """Return what dvc.lock records of each stage; nothing before the first run.

    Raises:
        WorkspaceError: dvc.lock can't be read.
    """
    path = root / "dvc.lock"
    return (load_yaml(path).get("stages") or {}) if path.exists() else {}


def release_dead_locks(root: Path) -> list[int]:
    """Drop what killed runs hold in DVC's read-write lock, and return their process ids.

    DVC does so itself once the process id is gone. Until the system has collected a killed process, or after it has
    given the id to another, DVC would ask the user to delete a file by hand.
    """
    path = root / ".dvc" / "tmp" / "rwlock"
    if not path.exists():
        return []
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        # Killed while it was writing; DVC would stop at such a file for good.
        path.unlink()
        return []
    dead = sorted(pid for pid in holders(held) if not is_dvc(pid))
    if dead:
        writers = {file: h for file, h in held.get("write", {}).items() if h and h["pid"] not in dead}
        readers = {file: [h for h in hs if h["pid"] not in dead] for file, hs in held.get("read", {}).items()}
        path.write_text(json.dumps({"write": writers, "read": readers}), encoding="utf-8")
    return dead


def holders(held: dict[str, Any]) -> set[int]:
    """Return the ids of the processes that a read-write lock names."""
    readers = (holder for holders in held.get("read", {}).values() for holder in holders)
    return {holder["pid"] for holder in (*held.get("write", {}).values(), *readers) if holder}


def dvc_at_work(root: Path) -> list[int]:
    """Return the ids of the DVC processes that hold one of this project's locks and are alive."""
    folder = root / ".dvc" / "tmp"
    found: set[int] = set()
    # Both may be gone or half-written at any moment; then nobody holds them, or the next look will tell.
    with contextlib.suppress(OSError, ValueError):
        found |= holders(json.loads((folder / "rwlock").read_text(encoding="utf-8")))
    with contextlib.suppress(OSError, ValueError):
        found.add(int((folder / "lock").read_text(encoding="utf-8")))
    return sorted(pid for pid in found if is_dvc(pid))


def is_dvc(pid: int) -> bool:
    """Return whether a process is alive and is DVC."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and any("dvc" in word for word in process.cmdline())
    except psutil.Error:
        return False
