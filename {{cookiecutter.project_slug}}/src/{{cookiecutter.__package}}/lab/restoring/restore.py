"""The ways to what dvc.lock names, the cheapest first."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ...core.project import WorkspaceError
from ..programs import with_programs
from ..staleness.entries import recorded
from ..staleness.freshness import Freshness
from ..staleness.locks import locked_stages
from .remote import address, is_reachable, write_credentials

Say = Callable[[str], None]


def restore(
    root: Path,
    environ: Mapping[str, str],
    say: Say,
    *,
    tables_only: bool = False,
    share: bool = False,
    prune: bool = False,
) -> None:
    """Bring here what dvc.lock names, from the remote or the cache; run again what neither has.

    Afterwards, if asked: share what was made again, and drop from the cache what isn't named.

    Raises:
        WorkspaceError: a table that only DVC keeps is nowhere to be had, or a notebook fails.
    """
    tables = [str(path.relative_to(root)) for path in pointers(root)]
    if tables_only and not tables:
        say("DVC keeps no table of your own.")
        return
    write_credentials(root, environ)
    fetch(root, environ, say, tables if tables_only else [])
    require_tables(root)
    if tables_only:
        return
    if stale := [verdict.title for verdict in Freshness(root).verdicts() if verdict.stale]:
        say(f"Neither the remote nor the cache has what these should have made, so they run: {', '.join(stale)}.")
        reproduce(root, say)
        if share and is_reachable(root, environ):
            share_outputs(root, say)
    else:
        say("Everything that dvc.lock names is here.")
    if prune:
        dvc(root, "gc", "--quiet", "--force", "--workspace")


def fetch(root: Path, environ: Mapping[str, str], say: Say, targets: list[str]) -> None:
    """Ask the remote if it can be asked, else the cache alone; what neither has is judged afterwards."""
    if is_reachable(root, environ):
        say(f"Asking {address(root)}.")
        dvc(root, "pull", "--quiet", "--run-cache", *targets)
    else:
        say(f"DVC's remote, {address(root) or 'which has no address'}, can't be asked from here: looking in the cache.")
        dvc(root, "checkout", "--quiet", *targets, quiet=True)


def pointers(root: Path) -> list[Path]:
    """Return the files by which DVC keeps tables that no notebook makes."""
    return sorted(root.glob("data/**/*.dvc"))


def require_tables(root: Path) -> None:
    """Refuse to go on without a table that only DVC keeps: nothing can make it again.

    Raises:
        WorkspaceError: it isn't here.
    """
    for table in (path.with_suffix("") for path in pointers(root)):
        if not table.exists():
            raise WorkspaceError(
                f"{table.relative_to(root)} is kept by DVC alone, and neither its cache nor a remote that can be asked "
                "from here has it: set up a remote (README.md), and `dvc push` where the table is."
            )


def reproduce(root: Path, say: Say) -> None:
    """Run what is stale, and say whether it made the same bytes as dvc.lock names.

    Raises:
        WorkspaceError: a notebook fails.
    """
    before = outputs(root)
    if dvc(root, "repro"):
        raise WorkspaceError("A stage failed; what it said is above.")
    after = outputs(root)
    other = sorted(path for path in before.keys() & after.keys() if before[path] != after[path])
    if before:
        say(f"Made again; {len(other)} of {len(before)} outputs are other bytes: {', '.join(other) or 'none'}.")


def outputs(root: Path) -> dict[str, str]:
    """Return the hashes of all that dvc.lock names, by path."""
    return {path: md5 for entry in locked_stages(root).values() for path, md5 in recorded(entry.get("outs")).items()}


def share_outputs(root: Path, say: Say) -> None:
    """Push what was made, and DVC's memory of the run.

    Raises:
        WorkspaceError: the remote doesn't take it.
    """
    if dvc(root, "push", "--quiet", "--run-cache"):
        raise WorkspaceError(f"{address(root)} took nothing: who restores here has to be allowed to write there.")
    say(f"Shared on {address(root)}.")


def dvc(root: Path, *arguments: str, quiet: bool = False) -> int:
    """Run DVC, with its output in view unless it is to be quiet, and return its exit code."""
    shown = subprocess.DEVNULL if quiet else None
    command = [sys.executable, "-m", "dvc", *arguments]
    environ = with_programs(os.environ)
    return subprocess.run(command, cwd=root, env=environ, stdout=shown, stderr=shown, check=False).returncode
