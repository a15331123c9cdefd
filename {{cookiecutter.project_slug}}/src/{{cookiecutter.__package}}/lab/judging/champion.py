"""The champion that a change is judged against: the registry's, or else the model that a commit's dvc.lock names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from ...core.project import WorkspaceError
from ...core.provenance import Provenance, save_provenance
from ...core.schema import Signature
from ..git.revisions import commit_of, is_shallow, text_at, worktree
from ..restoring.remote import is_reachable
from . import outputs

Say = Callable[[str], object]
MODEL = "models/model.onnx"
FILES = (MODEL, "models/signature.json", "models/lineage.json")
ONLY_THRESHOLDS = "Only the thresholds were asked."


def lay_champion(root: Path, revision: str, folder: Path, environ: Mapping[str, str], say: Say) -> Provenance:
    """Put the champion's files into a folder, with a record of where they come from, and return that.

    Where MLFLOW_TRACKING_URI names a store, the champion is the registry's, and `live champion` fetches it. Otherwise
    it is the model that the revision's dvc.lock names: from DVC's cache, from its remote, or else reproduced from
    that commit. The project's own files stay as they are.
    """
    shutil.rmtree(folder, ignore_errors=True)
    found = chosen(root, revision, folder, environ, say)
    if found.how == "none":
        shutil.rmtree(folder, ignore_errors=True)
    save_provenance(found, folder)
    return found


def chosen(root: Path, revision: str, folder: Path, environ: Mapping[str, str], say: Say) -> Provenance:
    """Return who the champion is, with its files in the folder unless the registry has them."""
    if environ.get("MLFLOW_TRACKING_URI"):
        return Provenance(how="alias", says="The champion is the registry's, by its alias `champion`.")
    commit = commit_of(root, revision)
    if not commit:
        return nobody(revision, "", absent(root, revision))
    lock = text_at(root, commit, "dvc.lock")
    if lock is None:
        return nobody(revision, commit, f"{revision} has no dvc.lock: no pipeline run was committed there.")
    locked = outputs.locked_outputs(lock)
    wanted = {path: locked[path] for path in FILES if path in locked}
    if MODEL not in wanted:
        return nobody(revision, commit, f"dvc.lock of {revision} names no {MODEL}.")
    how, fault = fetched(root, commit, wanted, folder, say)
    if fault := fault or unfit(root, folder):
        return nobody(revision, commit, fault)
    ways = {"cache": "from DVC's cache", "remote": "from DVC's remote"}
    again = "which neither cache nor remote has: it was reproduced from that commit, with this environment's packages"
    says = f"The champion is the model that dvc.lock of {revision} ({commit[:7]}) names, {ways.get(how, again)}."
    return Provenance(how=how, says=says, revision=revision, commit=commit)


def nobody(revision: str, commit: str, reason: str) -> Provenance:
    """Return the record of there being no champion to compare with."""
    return Provenance(how="none", says=f"{reason} {ONLY_THRESHOLDS}", revision=revision, commit=commit)


def absent(root: Path, revision: str) -> str:
    """Say why a revision can't be found, and what to do."""
    name = revision.removeprefix("origin/")
    cut = " This clone is shallow: in a workflow, check out with `fetch-depth: 0`." if is_shallow(root) else ""
    return f"{revision} is not in this clone: `git fetch origin {name}` brings it.{cut}"


def fetched(root: Path, commit: str, wanted: Mapping[str, str], folder: Path, say: Say) -> tuple[str, str]:
    """Put a commit's files into a folder by the cheapest way that works; return which, and what failed if none did."""
    if outputs.from_cache(root, wanted, folder):
        return "cache", ""
    try:
        with worktree(root, commit) as tree:
            return from_tree(root, tree, wanted, folder, say)
    except WorkspaceError as error:
        return "none", str(error)


def from_tree(root: Path, tree: Path, wanted: Mapping[str, str], folder: Path, say: Say) -> tuple[str, str]:
    """Put the files into a folder from a checkout of their commit: pulled, or made again."""
    outputs.share_cache(root, tree)
    reachable = is_reachable(root, os.environ)
    if reachable and not outputs.dvc(tree, "fetch", "--quiet", *wanted) and outputs.from_cache(root, wanted, folder):
        return "remote", ""
    stage = outputs.maker_of(tree, MODEL)
    say("The champion is neither in DVC's cache nor in its remote: its pipeline runs again, as far as it needs.")
    if reachable:
        outputs.dvc(tree, "pull", "--quiet", "--allow-missing")
    fault = outputs.dvc(tree, "repro", "--quiet", stage) if stage else f"no stage makes {MODEL} there"
    if fault:
        return "none", f"The champion can be neither fetched nor reproduced: {fault.rstrip('.')}."
    folder.mkdir(parents=True, exist_ok=True)
    for path in wanted:
        shutil.copyfile(tree / path, folder / Path(path).name)
    return "reproduced", ""


def unfit(root: Path, folder: Path) -> str:
    """Return why a champion can't be asked about this checkout's held-out rows; nothing if it can."""
    from ...core.gating.rivals import incomparable

    try:
        theirs, ours = (
            msgspec.json.decode((place / "signature.json").read_bytes(), type=Signature)
            for place in (folder, root / "models")
        )
    except FileNotFoundError as error:
        # Without a model of its own, this checkout can't be judged at all, and is told so later.
        return f"The champion has no {Path(error.filename).name}." if str(folder) in str(error.filename) else ""
    except msgspec.DecodeError:
        return "The champion's signature.json is damaged, or of another version of this project."
    reason = incomparable(theirs, ours, holdout_columns(root, theirs))
    return f"The champion can't be compared with: {reason[0].lower()}{reason[1:]}" if reason else ""


def holdout_columns(root: Path, theirs: Signature) -> set[str]:
    """Return the columns of the held-out rows; those that the champion needs where there are no rows yet."""
    import pyarrow.parquet

    path = root / "data" / "processed" / "holdout.parquet"
    return set(pyarrow.parquet.read_schema(path).names) if path.exists() else set(theirs.features)
