"""What git knows: commits, where they are, and files as they were."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

UNSHALLOW = "this clone has only the end of git's history: `git fetch --unshallow` brings the rest"


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """A commit of this repository; `authored` in seconds since 1970."""

    id: str
    subject: str
    author: str
    authored: int


def git(root: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """Return what git says, or nothing where it fails, as outside a repository."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, input=given, capture_output=True, check=False)
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""


def words(root: Path, *arguments: str) -> list[str]:
    """Return the lines that git says."""
    return git(root, *arguments).decode("utf-8", "replace").splitlines()


def paths(root: Path, *arguments: str) -> list[str]:
    """Return the paths that a command lists with -z, which doesn't escape what isn't ASCII."""
    return [path for path in git(root, *arguments).decode("utf-8", "surrogateescape").split("\0") if path]


def load_commit(root: Path, reference: str) -> Commit | None:
    """Return a commit by its id or by what else names it, or None if this repository doesn't have it."""
    asked = ["log", "-1", "--no-show-signature", "--format=%H%x00%at%x00%an%x00%s", "--end-of-options"]
    said = git(root, *asked, f"{reference}^0").decode("utf-8", "replace").strip().split("\0")
    if len(said) != 4:
        return None
    return Commit(id=said[0], authored=int(said[1]), author=said[2], subject=said[3])


def commits_like(root: Path, prefix: str) -> list[str]:
    """Return the ids of the commits that start with a prefix, on a branch or not."""
    ids = words(root, "rev-parse", f"--disambiguate={prefix}")
    kinds = git(root, "cat-file", "--batch-check", given="\n".join(ids).encode()).decode().splitlines() if ids else []
    return [line.split()[0] for line in kinds if line.split()[1:2] == ["commit"]]


def changing(root: Path, path: str, start: str) -> list[str]:
    """Return the commits that changed a file, parents first: of HEAD's history, or of every reference's with --all."""
    return words(root, "log", start, "--full-history", "--topo-order", "--reverse", "--format=%H", "--", path)


def touching(root: Path, text: str, pattern: str) -> list[str]:
    """Return the commits of all references that added a text to files of a pattern, or took it away."""
    return words(root, "log", "--all", "--full-history", "--format=%H", f"-S{text}", "--", pattern)


def contents(root: Path, commit: str, paths: Sequence[str]) -> list[bytes | None]:
    """Return files, by their paths below the root, as a commit has them; None for each that it doesn't have."""
    return blobs(root, [f"{commit}:./{path}" for path in paths])


def blobs(root: Path, names: Sequence[str]) -> list[bytes | None]:
    """Return what git keeps under names such as COMMIT:./PATH; None where it is nothing, or a folder."""
    said = git(root, "cat-file", "--batch", given="".join(f"{name}\n" for name in names).encode()) if names else b""
    found: list[bytes | None] = []
    for _ in names:
        head, _, rest = said.partition(b"\n")
        kind, _, size = head.rpartition(b" ")
        length = int(size) if size.isdigit() else None
        found.append(rest[:length] if length is not None and kind.endswith(b" blob") else None)
        # Content ends with a line break of git's own; where something is missing there is only the head.
        said = rest if length is None else rest[length + 1 :]
    return found


def references_with(root: Path, commit: str) -> list[str]:
    """Return the branches, tags and other references whose history has a commit."""
    return words(root, "for-each-ref", "--contains", commit, "--format=%(refname:short)")


def is_checked_out(root: Path, commit: str) -> bool:
    """Return whether the history of what is checked out has a commit."""
    return bool(git(root, "merge-base", commit, "HEAD").strip() == commit.encode())


def is_shallow(root: Path) -> bool:
    """Return whether this clone has only the end of the history."""
    return words(root, "rev-parse", "--is-shallow-repository") == ["true"]


def is_repository(root: Path) -> bool:
    """Return whether the project is in a git repository."""
    return bool(words(root, "rev-parse", "--git-dir"))
