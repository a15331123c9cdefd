"""What a change touches: parameters, data, notebooks, the package, and what of the pipeline hasn't run since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..files.notebooks import changed_cells, code_cells
from ..git.revisions import branched_from, changed_files, commit_of, text_at
from ..staleness.entries import ABSENT, differences
from ..staleness.freshness import Freshness
from .outputs import locked_outputs, parsed

NO_NOTEBOOK: dict[str, Any] = {"cells": []}


def changes(root: Path, revision: str) -> dict[str, list[str]]:
    """Return what this checkout changes since it left a revision, by kind; nothing where the revision isn't here."""
    if not (commit := commit_of(root, revision)):
        return {}
    base = branched_from(root, commit)
    files = changed_files(root, base)
    found = {
        "Parameters": list(parameters(root, base)) if "params.yaml" in files else [],
        "Data": list(data(root, base, files)),
        "Notebooks": [line for path in files if is_notebook(path) for line in cells(root, base, path)],
        "Package": [path for path in files if path.startswith("src/")],
        "Requirements": [path for path in files if path.startswith("requirements/") or path == "pyproject.toml"],
    }
    return {kind: lines for kind, lines in found.items() if lines}


def parameters(root: Path, base: str) -> Iterator[str]:
    """Yield each value of params.yaml that differs, as 'name: old -> new'."""
    before = parsed(text_at(root, base, "params.yaml") or "")
    after = parsed((root / "params.yaml").read_text(encoding="utf-8"))
    for key in dict.fromkeys((*before, *after)):
        yield from differences(key, before.get(key, ABSENT), after.get(key, ABSENT))


def data(root: Path, base: str, files: list[str]) -> Iterator[str]:
    """Yield the tables that differ: outputs below data/ by what both dvc.locks say, and files that git keeps there."""
    lock = root / "dvc.lock"
    before = locked_outputs(text_at(root, base, "dvc.lock") or "")
    after = locked_outputs(lock.read_text(encoding="utf-8")) if lock.exists() else {}
    yield from (path for path, md5 in after.items() if path.startswith("data/") and before.get(path) not in (md5, None))
    yield from (path for path in files if path.startswith("data/"))


def is_notebook(path: str) -> bool:
    """Return whether a file is a notebook of the pipeline or beside it, and no scratch paper."""
    return path.startswith("notebooks/") and path.endswith(".ipynb") and "/scratch/" not in path


def cells(root: Path, base: str, path: str) -> Iterator[str]:
    """Yield how a notebook's code differs; one whose prose alone differs changes nothing."""
    before, after = notebook(text_at(root, base, path)), notebook(text_of(root / path))
    yield from (f"{Path(path).stem}: {line}" for line in changed_cells(before, after))


def notebook(text: str | None) -> Mapping[str, Any]:
    """Return a notebook from its text; one without cells where it isn't there or is none."""
    try:
        found = json.loads(text or "")
        code_cells(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        return NO_NOTEBOOK
    return found


def text_of(path: Path) -> str | None:
    """Return what a file holds, or None."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def stale_stages(root: Path, until: str) -> list[str]:
    """Return the notebooks before an evaluation whose results are not those of the code that is there now."""
    verdicts = Freshness(root).verdicts()
    titles = [verdict.title for verdict in verdicts]
    earlier = verdicts[: titles.index(until)] if until in titles else verdicts
    return [verdict.title for verdict in earlier if verdict.stale and verdict.title != "champion"]
