"""The ways to what dvc.lock names, the cheapest first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ...core.project import WorkspaceError
from ..staleness.entries import recorded
from ..staleness.freshness import Freshness
from ..staleness.locks import locked_stages
from .remote import address, is_reachable, write_credentials

Say = Callable[[str], None]


def restore(root: Path, environ: Mapping[str, str], say: Say, share: bool = False) -> None:
    """Bring here what dvc.lock names, from the remote or the cache; run again what neither has.

    Raises:
        WorkspaceError: a table that only DVC keeps is nowhere to be had, or a notebook fails.
    """
    write_credentials(root, environ)
    reachable = is_reachable(root, environ)
    if reachable:
        say(f"Asking {address(root)}.")
        dvc(root, "pull", "--quiet", "--run-cache")
    else:
        say(f"DVC's remote, {address(root) or 'which has no address'}, can't be asked from here: looking in the cache.")
        # What it misses is judged below, in fewer words.
        dvc(root, "checkout", "--quiet", quiet=True)
    require_tables(root)
    if not (stale := [verdict.title for verdict in Freshness(root).verdicts() if verdict.stale]):
        say("Everything that dvc.lock names is here.")
        return
    say(f"Neither the remote nor the cache has what these should have made, so they run: {', '.join(stale)}.")
    reproduce(root, say)
    if share and reachable:
        share_outputs(root, say)


def require_tables(root: Path) -> None:
    """Refuse to go on without a table that only DVC keeps: nothing can make it again.

    Raises:
        WorkspaceError: it isn't here.
    """
    lost = [path for path in root.glob("data/**/*.dvc") if not path.with_suffix("").exists()]
    if lost:
        raise WorkspaceError(
            f"{lost[0].with_suffix('').relative_to(root)} is in DVC alone, and neither its cache nor a remote that this "
            "machine can ask has it: set up a remote (docs/ci.md), and `dvc push` from where the table is."
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
    return subprocess.run(command, cwd=root, stdout=shown, stderr=shown, check=False).returncode
