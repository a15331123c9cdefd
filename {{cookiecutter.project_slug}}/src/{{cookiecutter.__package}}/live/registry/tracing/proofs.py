"""The links that git proves: the commit whose dvc.lock names the model, and the files in git that it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML, YAMLError

from .evidence import Evidence
from .identity import run_of
from .links import Link, found, lost, short
from .locks import LOCK, maker
from .origins import commit_line, whereabouts
from .repository import contents, is_repository, load_commit
from .repository import paths as listed

PARAMS = "params.yaml"


def lock_link(known: Evidence) -> Link:
    """Return the commit whose dvc.lock names the model."""
    root, training = known.sources.root, known.training
    if training is None:
        why = f"No {LOCK} in this repository's history names it"
        return lost("lock", f"{why}: its commit is not here (`git fetch --all` may bring it), or there never was one.")
    if not known.commit:
        way = "commit it" if is_repository(root) else "make this a git repository, and commit it"
        return lost("lock", f"Not committed yet: only the {LOCK} that lies here names it; {way}.", md5=training.md5)
    other, commit = run_of(known.sources, training), load_commit(root, known.commit)
    mixed = f"written by run {other}, which made the same bytes" if other not in ("", known.run_id) else ""
    facts = {**(msgspec.to_builtins(commit) if commit else {}), "md5": training.md5}
    return found("lock", commit_line(known, known.commit), whereabouts(root, known.commit), mixed, **facts)


def inputs_link(known: Evidence) -> Link:
    """Return whether a commit holds the code and the parameters that the training read, hash by hash."""
    data = data_inputs(known)
    files = {path: hash for path, hash in recorded_inputs(known).items() if path not in data}
    if not files:
        return lost("inputs", "Neither a run nor a dvc.lock says which files it was made from.")
    place = known.commit or ("" if known.training or not known.run else known.run.commit)
    if place and not load_commit(known.sources.root, place):
        return lost("inputs", f"There is no commit here to compare {len(files)} recorded hashes with.", recorded=files)
    here = f"at {short(place)}" if place else "here"
    wrong = differing(known.sources.root, place, files)
    excused = excuses(known, place, {path: files[path] for path in wrong})
    rest = [path for path in wrong if path not in excused]
    by = "its run read them" if known.run and known.run.inputs else f"{LOCK} names them"
    head = f"{len(files) - len(wrong)} of {len(files)} files in git are {here} as {by}"
    says = [
        f"{path}: {why}"
        for path, why in {**excused, **dict.fromkeys(rest, f"not there as it was read, {here}")}.items()
    ]
    facts = {"commit": place, "recorded": files, "differing": rest, "explained": excused}
    return (lost if rest else found)("inputs", head, *says, **facts)


def recorded_inputs(known: Evidence) -> dict[str, str]:
    """Return the hash of every file that the training read: SHA-256 as the run has it, else MD5 as dvc.lock has it."""
    deps = known.training.stage.deps if known.training else {}
    return (known.run.inputs if known.run else {}) or deps


def data_inputs(known: Evidence) -> set[str]:
    """Return the paths that the training read and that git doesn't keep: those that an earlier stage made."""
    paths, root = list(recorded_inputs(known)), known.sources.root
    if known.training is None:
        return {path for path in paths if path.startswith("data/")}
    made = {path for path in paths if maker(known.training.lock, path)}
    return made - in_git(root, known.commit, sorted(made))


def in_git(root: Path, commit: str, paths: list[str]) -> set[str]:
    """Return which of these files git keeps: in a commit, or, without one, in what is checked out."""
    if not commit:
        return set(listed(root, "ls-files", "-z", "--", *paths))
    return {path for path, content in zip(paths, contents(root, commit, paths), strict=True) if content is not None}


def differing(root: Path, commit: str, wanted: Mapping[str, str]) -> list[str]:
    """Return the files that are not what their hashes say: in a commit, or, without one, as they lie there."""
    held = contents(root, commit, list(wanted)) if commit else [lying(root / path) for path in wanted]
    return [path for (path, hash), content in zip(wanted.items(), held, strict=True) if not fits(content, hash)]


def lying(path: Path) -> bytes | None:
    """Return what a file holds, or None if there is none."""
    return path.read_bytes() if path.is_file() else None


def fits(content: bytes | None, hash: str) -> bool:
    """Return whether content has a hash, MD5 or SHA-256 by its length."""
    made = hashlib.md5(content or b"", usedforsecurity=False) if len(hash) == 32 else hashlib.sha256(content or b"")
    return content is not None and made.hexdigest() == hash


def excuses(known: Evidence, place: str, wrong: Mapping[str, str]) -> dict[str, str]:
    """Return of files that differ why nothing is lost: the run's commit has them, or what was read of them is equal."""
    root, run = known.sources.root, known.run
    if not wrong:
        return {}
    elsewhere = run.commit if run and run.commit not in ("", "none", place) and load_commit(root, run.commit) else ""
    absent = set(differing(root, elsewhere, wrong)) if elsewhere else set(wrong)
    found = {path: f"as it was read at {short(elsewhere)}, changed since" for path in wrong if path not in absent}
    if PARAMS in absent and same_parameters(known, place):
        found[PARAMS] = "changed since, but not in what the training reads of it"
    return found


def same_parameters(known: Evidence, commit: str) -> bool:
    """Return whether params.yaml says at a commit, in what the training reads of it, what dvc.lock recorded."""
    if known.training is None:
        return False
    root = known.sources.root
    content = contents(root, commit, [PARAMS])[0] if commit else lying(root / PARAMS)
    try:
        values = YAML(typ="safe", pure=True).load((content or b"").decode("utf-8"))
    except (YAMLError, ValueError):
        return False
    locked = known.training.stage.params.get(PARAMS) or {}
    return bool(locked) and all(value_at(values, key) == value for key, value in locked.items())


def value_at(values: Any, key: str) -> Any:
    """Return the value at a dotted key, or None."""
    parts: Iterable[str] = [key] if isinstance(values, dict) and key in values else key.split(".")
    for part in parts:
        values = values.get(part) if isinstance(values, dict) else None
    return values
