"""The links that were recorded when the model was made: its version, its run, and the commit that was checked out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ....core.registry.entries import Version
from .evidence import Evidence
from .links import Link, found, lost, moment, short
from .repository import UNSHALLOW, is_checked_out, is_repository, is_shallow, load_commit, references_with


def version_link(known: Evidence) -> Link:
    """Return what the registry says of the model."""
    sources = known.sources
    if sources.fault:
        return lost("version", sources.fault)
    if not known.versions:
        return lost(
            "version",
            f"No version of {sources.name} has this hash in the registry: it is a draft, its version was deleted, or "
            "another store has it (MLFLOW_TRACKING_URI says which is asked).",
        )
    first, *rest = known.versions
    numbered = f"{sources.name} {first.version}, number {first.number} in MLflow" if first.version else ""
    head = ", ".join([numbered or f"{sources.name}, number {first.number} in MLflow", *first.aliases])
    also = f"the same bytes are registered as {', '.join(version.shown for version in rest)} too" if rest else ""
    return found("version", head, verdict(known, first), also, **facts_of(first), also=[v.number for v in rest])


def facts_of(version: Version) -> dict[str, Any]:
    """Return a version for programs, its gate's verdict as an object; empty if there is none that can be read."""
    return {**msgspec.to_builtins(version), "gate": msgspec.to_builtins(version.verdict or {})}


def verdict(known: Evidence, version: Version) -> str:
    """Return the gate's verdict in words."""
    gate = version.verdict
    if gate is None:
        return "the gate has not judged it"
    if gate.sha256 != known.sha256:
        return f"the gate judged other bytes under this version ({short(gate.sha256)}), not these"
    names = (other.shown for other in known.sources.versions if other.sha256 == gate.champion)
    against = f"against {next(names, short(gate.champion))}" if gate.champion else "with no champion to beat"
    return f"passed the gate {against}" if gate.passed else f"FAILED the gate {against}: {', '.join(gate.failed)}"


def run_link(known: Evidence) -> Link:
    """Return the MLflow run that made the model."""
    run, also = known.run, f"the same bytes were made by {', '.join(known.others)} too" if known.others else ""
    if not known.run_id:
        said = "Nothing here says which run made it: neither the registry nor a lineage.json of DVC's."
        return lost("run", said, known.sources.fetch)
    if run is None or run.source != "MLflow":
        absent = "not in this store: set MLFLOW_TRACKING_URI to where it was recorded"
        why = "MLflow could not be asked" if known.sources.fault else absent
        return lost("run", f"{known.run_id}  {why}", also, id=known.run_id, others=known.others)
    said = f"{run.id}  {moment(run.started)}  {run.name} in {run.experiment}"
    gone = f"deleted: `mlflow runs restore --run-id {run.id}` brings it back" if run.deleted else ""
    facts = {name: value for name, value in msgspec.to_builtins(run).items() if name not in ("sha256", "md5", "source")}
    return (lost if gone else found)("run", said, gone, also, **facts, others=known.others)


def code_link(known: Evidence) -> Link:
    """Return the commit that was checked out when the model was trained."""
    run, root = known.run, known.sources.root
    if run is None:
        return lost("code", "Without its run nobody knows which commit was checked out.")
    if run.commit in ("", "none"):
        return lost("code", "It was trained outside a git repository: no commit is recorded.", dirty=run.dirty)
    changed = "with uncommitted changes; `inputs` says whether a commit has them now" if run.dirty else ""
    commit = load_commit(root, run.commit)
    if commit is None:
        said = f"{short(run.commit)}  not in this repository"
        return lost("code", said, absent_commit(root), changed, id=run.commit, dirty=run.dirty)
    facts = {**msgspec.to_builtins(commit), "dirty": run.dirty}
    return found("code", commit_line(known, commit.id), changed, whereabouts(root, commit.id), **facts)


def absent_commit(root: Path) -> str:
    """Return what to do about a commit that isn't here."""
    if not is_repository(root):
        return "there is none here"
    if is_shallow(root):
        return UNSHALLOW
    return "`git fetch --all` brings what others have pushed; else look where it was trained"


def whereabouts(root: Path, commit: str) -> str:
    """Return on which branches a commit is; nothing if it is in the history of what is checked out."""
    if is_checked_out(root, commit):
        return ""
    references = references_with(root, commit)
    if not references:
        return f"on no branch any more, so that git may drop it: `git branch keep-{commit[:7]} {commit[:7]}` keeps it"
    return f"not in what is checked out, but in {', '.join(references[:3])}"


def commit_line(known: Evidence, id: str) -> str:
    """Return a commit on one line: id, when it was written, and its subject."""
    commit = load_commit(known.sources.root, id)
    return f"{short(id)}  {moment(commit.authored)}  {commit.subject}" if commit else short(id)
