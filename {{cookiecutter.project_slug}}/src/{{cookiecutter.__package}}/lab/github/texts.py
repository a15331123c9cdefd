"""Texts as they are published: marked, so that they are found again, harmless, and no longer than GitHub takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...core.project import WorkspaceError
from ...core.prose.cutting import COMMENT, fitted
from ...core.prose.untrusted import harmless

# Of a longer file, so much is read; it is cut to what GitHub takes afterwards.
MOST = 4 * COMMENT


def read_report(path: Path) -> str:
    """Return the beginning of a report that another job wrote, as harmless text.

    Raises:
        WorkspaceError: there is none.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST)
    except OSError:
        raise WorkspaceError(f"There is no report {path}: the job that writes it comes first.") from None
    return harmless(content.decode("utf-8", errors="ignore"))


def marked(text: str, mark: str, environ: Mapping[str, str]) -> str:
    """Return a text with a mark that nobody sees, cut to what GitHub takes."""
    head = f"{marker(mark)}\n"
    return head + fitted(text, COMMENT - len(head), f"All of it is in the artifact of {run_of(environ)}.").strip()


def marker(mark: str) -> str:
    """Return the mark by which a text is found again."""
    return f"<!-- lab: {mark} -->"


def is_marked(body: str | None, mark: str) -> bool:
    """Return whether a text that GitHub has begins with the mark."""
    return (body or "").startswith(marker(mark))


def same(one: str | None, other: str | None) -> bool:
    """Return whether two texts are the same but for how lines end."""
    return [*map(str.rstrip, (one or "").strip().splitlines())] == [
        *map(str.rstrip, (other or "").strip().splitlines())
    ]


def run_of(environ: Mapping[str, str]) -> str:
    """Return the run that says this, as a link where there is one."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    if not all(environ.get(name) for name in names):
        return "the run"
    server, repository, number = (environ[name] for name in names)
    return f"[the run]({server}/{repository}/actions/runs/{number})"
