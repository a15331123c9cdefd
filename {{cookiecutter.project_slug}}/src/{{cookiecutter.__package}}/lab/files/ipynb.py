"""The notebook file format: written byte for byte as nbformat does, without the second that its import takes.

A commit cleans notebooks, and nobody should wait for it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...core.project import WorkspaceError
from ...core.writing import replacing
from .notebooks import load_notebook

Notebook = dict[str, Any]
SPLIT = ("image/svg+xml", "application/javascript")


def read(path: Path) -> Notebook:
    """Read a notebook, with its texts as single strings.

    Raises:
        WorkspaceError: it isn't there, or is no notebook.
    """
    notebook = load_notebook(path)
    try:
        mappings = [notebook["metadata"], *(cell["metadata"] for cell in notebook["cells"])]
        if notebook["nbformat"] != 4 or not all(isinstance(mapping, dict) for mapping in mappings):
            raise ValueError("not of format 4")
        each_text(notebook, "".join, always=True)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise WorkspaceError(f"{path} is no notebook ({error}): restore it with `git checkout {path.name}`.") from None
    return notebook


def written(notebook: Notebook) -> bytes:
    """Return the bytes that JupyterLab would write."""
    split = without_transient(notebook)
    each_text(split, lambda text: text.splitlines(keepends=True), always=False)
    text = json.dumps(split, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": "))
    return f"{text}\n".encode()


def without_transient(notebook: Notebook) -> Notebook:
    """Return a copy without what belongs to an open notebook alone: whether it is trusted, and its first format."""
    lasting = copy.deepcopy(notebook)
    for key in ("orig_nbformat", "orig_nbformat_minor", "signature"):
        lasting["metadata"].pop(key, None)
    for cell in lasting["cells"]:
        cell["metadata"].pop("trusted", None)
    return lasting


def write(notebook: Notebook, path: Path) -> None:
    """Write a notebook in one step, so that nobody ever reads half of it."""
    with replacing(path) as unfinished:
        unfinished.write_bytes(written(notebook))


def each_text(notebook: Notebook, change: Callable[[Any], Any], *, always: bool) -> None:
    """Change every text that a file holds as lines: sources, streams and text in outputs and attachments.

    With `always`, any list of strings is a text; without, only what nbformat writes as lines.
    """
    for holder, key in texts(notebook):
        value = holder[key]
        is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
        if is_lines if always else isinstance(value, str) and is_split(key):
            holder[key] = change(value)


def texts(notebook: Notebook) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield where texts are: a dictionary and the key in it."""
    for cell in notebook["cells"]:
        yield cell, "source"
        bundles = list(cell.get("attachments", {}).values())
        if cell["cell_type"] == "code":
            bundles += [output.get("data", {}) for output in cell["outputs"]]
            yield from ((output, "text") for output in cell["outputs"] if "text" in output)
        yield from ((bundle, kind) for bundle in bundles for kind in list(bundle) if not is_json(kind))


def is_split(key: str) -> bool:
    """Return whether nbformat writes a text as lines."""
    return key in ("source", "text", *SPLIT) or key.startswith("text/")


def is_json(kind: str) -> bool:
    """Return whether a MIME type is JSON, whose lists are no lines."""
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
