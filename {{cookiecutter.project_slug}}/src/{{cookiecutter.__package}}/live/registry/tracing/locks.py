"""What dvc.lock said at each commit: which model, from which data, and the notebook that made it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from ruamel.yaml import YAML, YAMLError

from .repository import blobs, changing

LOCK = "dvc.lock"
MODEL, SIGNATURE, LINEAGE = "models/model.onnx", "models/signature.json", "models/lineage.json"
REPORTS = "reports/"
# The hash of an entry of dvc.lock, from the end of the line with its path.
NEXT_MD5 = r"\n(?: +\w+: .*\n)*? +md5: '?([0-9a-f]{32})\b"


class Snapshot(NamedTuple):
    """dvc.lock as a commit has it, or as it lies there uncommitted, where `commit` is empty."""

    commit: str
    text: str


class LockedStage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage as DVC ran it: MD5 hashes by path, and the parameters it read by file."""

    deps: dict[str, str]
    outs: dict[str, str]
    params: dict[str, dict[str, Any]]


class Lock(NamedTuple):
    """A snapshot, read."""

    commit: str
    stages: dict[str, LockedStage]


class Training(NamedTuple):
    """The stage of a lock that made the model."""

    lock: Lock
    name: str
    stage: LockedStage

    @property
    def md5(self) -> str:
        """The hash by which DVC knows the model."""
        return self.stage.outs[MODEL]

    @property
    def notebook(self) -> tuple[str, str]:
        """The path and the hash of the executed copy; empty if the stage keeps none."""
        kept = (item for item in self.stage.outs.items() if item[0].startswith(REPORTS) and item[0].endswith(".ipynb"))
        return next(kept, ("", ""))


def load_snapshots(root: Path) -> list[Snapshot]:
    """Return every dvc.lock of the history: of what is checked out, then of other branches, each the oldest first.

    The last is the one that lies there, which may be in no commit yet.
    """
    commits = list(dict.fromkeys([*changing(root, LOCK, "HEAD"), *changing(root, LOCK, "--all")]))
    kept = blobs(root, [f"{commit}:./{LOCK}" for commit in commits])
    found = [Snapshot(c, text.decode("utf-8", "replace")) for c, text in zip(commits, kept, strict=True) if text]
    path = root / LOCK
    present = [Snapshot("", path.read_text(encoding="utf-8", errors="replace"))] if path.is_file() else []
    return [*found, *present]


def read(snapshot: Snapshot) -> Lock:
    """Return what a dvc.lock says; no stages if it can't be read, as with conflict marks in it."""
    try:
        content = YAML(typ="safe", pure=True).load(snapshot.text)
        stages = {name: locked(entry) for name, entry in content["stages"].items()}
    except (YAMLError, ValueError, KeyError, TypeError, AttributeError):
        stages = {}
    return Lock(snapshot.commit, stages)


def locked(entry: dict[str, Any]) -> LockedStage:
    """Return one stage of dvc.lock."""

    def hashes(key: str) -> dict[str, str]:
        return {item["path"]: item["md5"] for item in entry.get(key) or () if item.get("md5")}

    return LockedStage(deps=hashes("deps"), outs=hashes("outs"), params=entry.get("params") or {})


def training_of(lock: Lock) -> Training | None:
    """Return the stage that made the model, or None if the lock names no model."""
    name = maker(lock, MODEL)
    return Training(lock, name, lock.stages[name]) if name else None


def maker(lock: Lock, path: str, md5: str = "") -> str:
    """Return the name of the stage that made a file, with this hash if one is given; empty if none did."""
    made = (name for name, stage in lock.stages.items() if path in stage.outs and md5 in ("", stage.outs[path]))
    return next(made, "")


def named_hashes(text: str, path: str) -> list[str]:
    """Return the hashes that a dvc.lock has for a path, found without reading all of it, which takes much longer."""
    return list(dict.fromkeys(re.findall(f"- path: {re.escape(path)}{NEXT_MD5}", text)))


def has_hash(text: str, prefix: str) -> bool:
    """Return whether a dvc.lock has a hash that starts so; what could be a number is in quotation marks there."""
    return f" md5: {prefix}" in text or f" md5: '{prefix}" in text


def stages_behind(training: Training) -> list[str]:
    """Return the names of the stages that led to the model, the one that made it first; hashes connect them."""
    found = [training.name]
    for name in found:
        made = (maker(training.lock, *item) for item in training.lock.stages[name].deps.items())
        found += [earlier for earlier in dict.fromkeys(made) if earlier and earlier not in found]
    return found


def around(training: Training) -> list[tuple[str, str]]:
    """Return path and hash of all that belongs to a model: what it was made from, and what was made with or from it."""
    stages = training.lock.stages
    before = [stages[name] for name in stages_behind(training)]
    after = [stage for stage in stages.values() if stage.deps.get(MODEL) == training.md5]
    read = [item for stage in before for item in stage.deps.items()]
    return list(dict.fromkeys([*read, *(item for stage in (*before, *after) for item in stage.outs.items())]))
