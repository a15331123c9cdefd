"""What `lab status` says: which notebooks are stale and why, a line for each reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .freshness import Freshness, Verdict
from .locks import dvc_at_work


def status_lines(root: Path, committed: bool = False) -> tuple[list[str], list[Verdict]]:
    """Return what to say of a project, or of what git holds of it, and the verdicts behind it.

    Raises:
        WorkspaceError: dvc.yaml, dvc.lock or params.yaml can't be read.
    """
    if committed and not (root / "dvc.lock").exists():
        return ["There is no dvc.lock: nothing has been run yet, so nothing can be stale."], []
    verdicts = Freshness(root, committed).verdicts()
    lines = [*opening(root), *(line for verdict in verdicts for line in verdict_lines(verdict, verdicts))]
    return [*lines, "", closing(verdicts)], verdicts


def opening(root: Path) -> Iterator[str]:
    """Yield what has to be known before the verdicts."""
    for pid in dvc_at_work(root):
        yield f"DVC is at work here (process {pid}): what follows may change until it has ended."
    if not (root / "dvc.lock").exists():
        yield "There is no dvc.lock: DVC has not run these notebooks yet."


def verdict_lines(verdict: Verdict, verdicts: list[Verdict]) -> Iterator[str]:
    """Yield a stage's title and verdict with its first reason, then the other reasons below."""
    width = max(len(other.title) for other in verdicts)
    word = "broken" if verdict.fault else "stale" if verdict.stale else "up to date"
    after = (f"after {', '.join(verdict.after)}",) if verdict.after else ()
    reasons = [reason for reason in (verdict.fault, *verdict.reasons, *after) if reason]
    for number, reason in enumerate(reasons or [""]):
        head = f"{verdict.title:<{width}}  {word:<10}" if number == 0 else " " * (width + 12)
        yield f"{head}  {reason}".rstrip()


def closing(verdicts: list[Verdict]) -> str:
    """Return what to do now."""
    broken = [verdict.title for verdict in verdicts if verdict.fault]
    stale = [verdict.title for verdict in verdicts if verdict.stale]
    if broken:
        return f"Mend {', '.join(broken)} first; then `make pipeline` runs what is stale."
    if stale:
        return f"`make pipeline` runs {', '.join(stale)}."
    return "Everything is up to date."
