"""Notebooks as files: their code-only projection, and whether it is up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .workspace import WorkspaceError


def load_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook as plain JSON, without the cost of validating it.

    Raises:
        WorkspaceError: it isn't there, or is no notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"]
    except FileNotFoundError:
        raise WorkspaceError(f"There is no notebook {path}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{path} is no notebook ({error}): restore it with `git checkout {path.name}`.") from None
    return notebook


def project(notebook: dict[str, Any], name: str) -> str:
    """Return the code cells and their tags as a script: all that can change what a notebook does."""
    header = f"# The code of notebooks/{name}.ipynb, written by `lab project`: edit the notebook, not this file.\n"
    return header + "".join(projected_cells(notebook))


def projected_cells(notebook: dict[str, Any]) -> Iterator[str]:
    """Yield each code cell that holds code."""
    for cell in notebook["cells"]:
        source = "".join(cell["source"]).rstrip()
        if cell["cell_type"] == "code" and source:
            tags = " ".join(cell.get("metadata", {}).get("tags", []))
            yield f"\n# %%{f' [{tags}]' if tags else ''}\n{source}\n"


def projected(root: Path, name: str) -> str:
    """Return what a notebook's projection should hold now."""
    return project(load_notebook(root / f"notebooks/{name}.ipynb"), name)


def projection_is_stale(root: Path, name: str) -> bool:
    """Return whether notebooks/code/NAME.py differs from its notebook's code, or isn't there."""
    path = root / f"notebooks/code/{name}.py"
    return not path.exists() or path.read_text(encoding="utf-8") != projected(root, name)


def write_projection(root: Path, name: str) -> None:
    """Write notebooks/code/NAME.py."""
    path = root / f"notebooks/code/{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(projected(root, name), encoding="utf-8")
