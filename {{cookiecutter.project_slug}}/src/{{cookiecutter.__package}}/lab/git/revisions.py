"""What git knows of other commits: their files, what changed since, and a folder in which one of them lies whole."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.project import WorkspaceError
from .repository import git


def commit_of(root: Path, revision: str) -> str:
    """Return the commit that a branch, a tag or a hash names; nothing if this clone doesn't have it."""
    # What looks like an option is no revision: nobody's branch name becomes an argument of git.
    if revision.startswith("-"):
        return ""
    return git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")


def is_shallow(root: Path) -> bool:
    """Return whether this clone was cut off, as CI's are unless they ask for all of it."""
    return git(root, "rev-parse", "--is-shallow-repository") == "true"


def text_at(root: Path, commit: str, path: str) -> str | None:
    """Return a file of the project as a commit has it, or None."""
    done = subprocess.run(["git", "show", f"{commit}:./{path}"], cwd=root, capture_output=True, check=False)
    return done.stdout.decode("utf-8", errors="replace") if done.returncode == 0 else None


def branched_from(root: Path, commit: str) -> str:
    """Return the commit that this checkout and another share; the other where they share none that is here."""
    return git(root, "merge-base", commit, "HEAD") or commit


def changed_files(root: Path, commit: str) -> list[str]:
    """Return the project's files that differ from a commit's, those that git doesn't know yet among them."""
    differing = git(root, "diff", "--name-only", "-z", "--relative", commit, "--")
    new = git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({name for name in (*differing.split("\0"), *new.split("\0")) if name})


@contextmanager
def worktree(root: Path, commit: str) -> Iterator[Path]:
    """Yield the project as a commit has it, in a folder of its own that is gone afterwards.

    Raises:
        WorkspaceError: git can't lay it out.
    """
    prefix = git(root, "rev-parse", "--show-prefix")
    # What a killed process left registered is of no use to anybody.
    git(root, "worktree", "prune")
    with tempfile.TemporaryDirectory(prefix="champion-") as scratch:
        tree = Path(scratch).resolve() / "tree"
        add = ["git", "worktree", "add", "--quiet", "--detach", str(tree), commit]
        done = subprocess.run(add, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise WorkspaceError(f"git can't lay out {commit[:7]}: {last_line(done.stderr)}")
        try:
            yield tree / prefix
        finally:
            git(root, "worktree", "remove", "--force", str(tree))


def last_line(text: str) -> str:
    """Return the last line of what a command says that isn't empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it doesn't say why.")
