"""Which stages are stale, and why: dvc.yaml and dvc.lock against the files, by DVC's own rules."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...core.cache import is_kept, kept_path
from ...core.project import WorkspaceError
from ..files import faults
from ..files.notebooks import changed_cells, load_notebook, project
from ..workspace import StageSpec, load_entries, load_yaml, runs_notebook, stage_spec
from .entries import differences, outputs_of, overlap, params_of, pick, recorded, text_md5
from .hashes import Hashes
from .locks import locked_stages

Entry = Mapping[str, Any]


class Verdict(NamedTuple):
    """Whether a stage is up to date. `title` is its notebook, or its name if it has none.

    `reasons` are what itself makes it stale, `after` the stale stages right before it; `fault` is set if its
    notebook can't run at all.
    """

    title: str
    reasons: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    fault: str = ""

    @property
    def stale(self) -> bool:
        """Whether `make pipeline` has something to do here."""
        return bool(self.reasons or self.after or self.fault)


class Freshness:
    """Judges the stages of a project, in the order of dvc.yaml.

    With `committed` it judges what git holds: what DVC keeps may be elsewhere, so only what is here has to be right.
    """

    def __init__(self, root: Path, committed: bool = False) -> None:
        self.root = root
        self.committed = committed
        self.hashes = Hashes(root)
        self.locked = locked_stages(root)
        self.entries = {name: entry for name, entry in load_entries(root).items() if "cmd" in entry}
        self.specs = {name: stage_spec(name, e) for name, e in self.entries.items() if runs_notebook(e)}
        self.params: dict[str, dict[str, Any]] = {}

    def verdicts(self) -> list[Verdict]:
        """Return a verdict on each stage."""
        alone = {name: self.alone(name) for name in self.entries}
        stale = {name for name, verdict in alone.items() if verdict.stale}
        before = {name: self.before(name) for name in self.entries}
        # Staleness spreads until it has reached everything behind it, in whatever order dvc.yaml lists the stages.
        while more := {name for name, others in before.items() if others & stale} - stale:
            stale |= more
        return [alone[name]._replace(after=self.titles(before[name] & stale)) for name in self.entries]

    def alone(self, name: str) -> Verdict:
        """Return the verdict on a stage without regard to those before it."""
        title = self.titles({name})[0]
        try:
            return Verdict(title, tuple(self.reasons(name)))
        except WorkspaceError as error:
            return Verdict(title, fault=str(error))

    def reasons(self, name: str) -> Iterator[str]:
        """Yield what makes a stage stale by itself.

        Raises:
            WorkspaceError: its notebook can't run.
        """
        entry, lock, spec = self.entries[name], self.locked.get(name), self.specs.get(name)
        notebook = faults.sound_notebook(self.root, spec) if spec else {}
        if lock is None:
            yield "never run"
            return
        if entry.get("always_changed"):
            yield "always runs, because dvc.yaml says always_changed"
        if lock.get("cmd") != entry["cmd"]:
            yield f"its command in dvc.yaml: {lock.get('cmd')} -> {entry['cmd']}"
        if not entry.get("frozen"):
            if spec:
                yield from self.code_reasons(spec, notebook, recorded(lock.get("deps")).get(spec.projection, ""))
            yield from self.input_reasons(name, lock)
            yield from self.param_reasons(entry, lock.get("params", {}))
        yield from self.output_reasons(entry, recorded(lock.get("outs")))

    def code_reasons(self, spec: StageSpec, notebook: dict[str, Any], locked: str) -> list[str]:
        """Return which cells differ from those that DVC ran, as far as its executed copy can tell."""
        if text_md5(project(notebook, spec.notebook)) == locked:
            return []
        copy = self.executed_copy(spec, locked)
        return (copy and list(changed_cells(copy, notebook))) or ["its code changed"]

    def executed_copy(self, spec: StageSpec, locked: str) -> dict[str, Any] | None:
        """Return the copy that DVC executed: in reports/, or in its cache if a later run left another one there."""
        kept = recorded(self.locked[spec.name].get("outs")).get(spec.executed, "")
        for path in (self.root / spec.executed, kept_path(self.hashes.cache, kept)):
            with contextlib.suppress(WorkspaceError, OSError):
                copy = load_notebook(path)
                if text_md5(project(copy, spec.notebook)) == locked:
                    return copy
        return None

    def input_reasons(self, name: str, lock: Entry) -> Iterator[str]:
        """Yield which files and folders differ from what the stage has read; an earlier stage says what it lacks."""
        locked, spec = recorded(lock.get("deps")), self.specs.get(name)
        listed = [dep for dep in self.entries[name].get("deps", []) if not (spec and dep == spec.projection)]
        for path in listed:
            found = self.hashes.of(path)
            if self.committed and (not found or self.lacks_part(path)):
                found = self.written(path) or locked.get(path, "")
            kind = "module" if path.endswith(".py") else "input"
            if not found:
                if not self.made(path):
                    yield f"{kind} {path} is missing"
            elif path not in locked:
                yield f"{kind} {path} is new in dvc.yaml"
            elif found != locked[path]:
                yield f"{kind} {path} changed"

    def param_reasons(self, entry: Entry, locked: Mapping[str, Entry]) -> Iterator[str]:
        """Yield which parameters have another value than the stage has read."""
        for file, keys in params_of(entry):
            values, known = self.values(file), locked.get(file, {})
            for key in keys or sorted({*values, *known}):
                yield from differences(key, pick(known, key), pick(values, key))

    def output_reasons(self, entry: Entry, locked: Mapping[str, str]) -> Iterator[str]:
        """Yield which outputs are missing or are not what the stage has written; the missing ones in one line."""
        missing: dict[str, bool] = {}
        for path, cached in outputs_of(entry):
            found, kept = self.hashes.of(path), locked.get(path, "")
            in_cache = bool(cached and kept) and is_kept(self.hashes.cache, kept)
            if not kept:
                yield f"output {path} is new in dvc.yaml"
            elif not found:
                missing[path] = in_cache
            elif found != kept:
                yield f"output {path} is not what the notebook wrote"
            elif cached and not in_cache and not self.committed:
                yield f"output {path} is not in DVC's cache"
        if self.committed:
            missing = {path: kept for path, kept in missing.items() if (path, True) not in outputs_of(entry)}
        if missing:
            way = "`dvc checkout` brings it back" if all(missing.values()) else "`dvc pull` brings what was shared"
            way = "git keeps it, so commit it" if self.committed else way
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            yield f"output {next(iter(missing))}{more} missing: {way}"

    def values(self, file: str) -> dict[str, Any]:
        """Return the content of a parameter file."""
        if file not in self.params:
            self.params[file] = load_yaml(self.root / file)
        return self.params[file]

    def made(self, path: str) -> bool:
        """Return whether a stage makes this path."""
        return any(overlap(path, out) for entry in self.entries.values() for out, _ in outputs_of(entry))

    def written(self, path: str) -> str:
        """Return the hash of what the last run of an earlier stage wrote to this path; empty if none makes it."""
        outs = (recorded(entry.get("outs")) for entry in self.locked.values())
        return next((hashes[path] for hashes in outs if path in hashes), "")

    def lacks_part(self, path: str) -> bool:
        """Return whether DVC tracks something at or below this path by a .dvc file, and it isn't here."""
        folder = self.root / path
        pointers = [folder.with_name(f"{folder.name}.dvc"), *folder.rglob("*.dvc")]
        return any(pointer.is_file() and not pointer.with_suffix("").exists() for pointer in pointers)

    def before(self, name: str) -> set[str]:
        """Return the stages whose outputs a stage reads."""
        deps = self.entries[name].get("deps", [])
        return {
            other
            for other, entry in self.entries.items()
            if other != name and any(overlap(dep, out) for dep in deps for out, _ in outputs_of(entry))
        }

    def titles(self, names: set[str]) -> tuple[str, ...]:
        """Return what to call stages, in the order of dvc.yaml."""
        return tuple(self.specs[n].notebook if n in self.specs else n for n in self.entries if n in names)
