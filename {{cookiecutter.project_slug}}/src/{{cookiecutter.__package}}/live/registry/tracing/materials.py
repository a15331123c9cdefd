"""The links to what DVC keeps: the model's bytes, the data it was made from, and the notebook that was executed."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ruamel.yaml import YAML, YAMLError

from .evidence import Evidence
from .kept import Digests, State, state_of
from .links import Link, columns, found, lost, short
from .locks import MODEL, Training, maker, stages_behind
from .proofs import data_inputs, in_git, recorded_inputs
from .repository import blobs, paths

WORDS: dict[State, str] = {
    "kept": "in DVC's cache",
    "unread": "in DVC's cache, not hashed",
    "present": "not in DVC's cache, but in its place here",
    "damaged": "in DVC's cache, but DAMAGED there: delete it, then `dvc pull`",
    "other": "in DVC's cache, but with ANOTHER SHA-256 than was recorded",
    "missing": "not in DVC's cache",
}


class Material(NamedTuple):
    """A file that DVC keeps; its SHA-256 is empty where nobody recorded it."""

    path: str
    hashes: Digests
    state: State

    @property
    def row(self) -> tuple[str, ...]:
        """What is printed of it."""
        sha256 = f"sha256 {short(self.hashes.sha256)}" if self.hashes.sha256 else ""
        proven = " and has both hashes" if self.state == "kept" and self.hashes.sha256 else ""
        return self.path, sha256, f"md5 {short(self.hashes.md5)}", WORDS[self.state] + proven

    @property
    def facts(self) -> dict[str, str]:
        """The same for programs."""
        return {"path": self.path, "sha256": self.hashes.sha256, "md5": self.hashes.md5, "state": self.state}


def material(known: Evidence, path: str, md5: str, sha256: str = "", *, thorough: bool = True) -> Material:
    """Return a file that DVC keeps, and whether its bytes are at hand and are what their hashes say."""
    hashes = Digests(md5, sha256)
    return Material(path, hashes, state_of(known.sources.cache, known.sources.root / path, hashes, thorough=thorough))


def bytes_link(known: Evidence, *, thorough: bool) -> Link:
    """Return the model's own bytes, which have both its hashes."""
    if known.training is None:
        return lost("bytes", "Without a dvc.lock that names it nobody knows under which hash DVC keeps it.")
    kept = material(known, MODEL, known.training.md5, known.sha256, thorough=thorough)
    return link_to("bytes", known, [kept], kept.facts)


def data_link(known: Evidence, *, thorough: bool) -> Link:
    """Return the data that the model was made from, back to the first table that DVC keeps."""
    wanted, training = recorded_inputs(known), known.training
    paths = data_inputs(known)
    if training is None:
        named = columns([(path, f"sha256 {short(wanted[path])}") for path in sorted(paths)])
        return lost("data", *named, "Without a dvc.lock nobody knows under which hash DVC keeps it.")
    read = {path: training.stage.deps[path] for path in training.stage.deps if path in paths}
    sha256 = known.run.inputs if known.run else {}
    rows = {**read, **earlier(known, training), **adopted(known.sources.root, known.commit or "HEAD")}
    kept = [material(known, path, md5, sha256.get(path, ""), thorough=thorough) for path, md5 in rows.items()]
    if not kept:
        return lost("data", "Its dvc.lock names no data that DVC keeps.")
    return link_to("data", known, kept, {"files": [one.facts for one in kept]})


def earlier(known: Evidence, training: Training) -> dict[str, str]:
    """Return path and hash of what the stages before the training read of each other."""
    lock = training.lock
    before = [lock.stages[name] for name in stages_behind(training)[1:]]
    made = {path: md5 for stage in before for path, md5 in stage.deps.items() if maker(lock, path, md5)}
    tracked = in_git(known.sources.root, known.commit, sorted(made))
    return {path: md5 for path, md5 in made.items() if path not in tracked}


def adopted(root: Path, commit: str) -> dict[str, str]:
    """Return path and hash of the tables of one's own that DVC was told to track, as a commit has them."""
    listed = paths(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", "data/")
    files = [path for path in listed if path.endswith(".dvc")]
    found: dict[str, str] = {}
    for file, content in zip(files, blobs(root, [f"{commit}:./{path}" for path in files]), strict=True):
        try:
            outs = YAML(typ="safe", pure=True).load((content or b"").decode("utf-8"))["outs"]
            found |= {str(PurePosixPath(file).with_name(out["path"])): out["md5"] for out in outs}
        except (YAMLError, ValueError, KeyError, TypeError):
            continue
    return found


def notebook_link(known: Evidence, *, thorough: bool) -> Link:
    """Return the executed notebook: its hash, and how to get it."""
    path, md5 = known.training.notebook if known.training else ("", "")
    if not path:
        return lost("notebook", "Without a dvc.lock that names it nobody knows which executed copy belongs to it.")
    kept = material(known, path, md5, thorough=thorough)
    return link_to("notebook", known, [kept], {**kept.facts, "get": way_to(known, [kept])}, always=True)


def link_to(name: str, known: Evidence, kept: list[Material], facts: dict, *, always: bool = False) -> Link:
    """Return a link to files that DVC keeps, with the way to those that aren't at hand, or to all of them."""
    wanted = [one for one in kept if always or one.state == "missing"]
    make = found if all(one.state in ("kept", "unread", "present") for one in kept) else lost
    return make(name, *columns([one.row for one in kept]), way_to(known, wanted) if wanted else "", **facts)


def way_to(known: Evidence, wanted: list[Material]) -> str:
    """Return the command that fetches files as they were, from DVC's cache or from its remote; of many, the pattern."""
    paths = " ".join(one.path for one in wanted)
    if not known.commit:
        return f"dvc {'pull' if any(one.state == 'missing' for one in wanted) else 'checkout'} {paths}"
    if len(wanted) > 1:
        return f"dvc get . PATH --rev {short(known.commit)} --out FILE"
    name = PurePosixPath(paths)
    return f"dvc get . {paths} --rev {short(known.commit)} --out {name.stem}-{short(known.commit)}{name.suffix}"
