"""Notebooks as files: their code cells, their code-only projection, and whether it is up to date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...core.project import WorkspaceError

CONTRACT = "nbval-check-output"


class Cell(NamedTuple):
    """One code cell; its number counts from 1 and leaves out empty cells, as all messages do."""

    number: int
    source: str
    tags: tuple[str, ...]

    @property
    def projected(self) -> str:
        """The cell as a section of a script."""
        tags = f" [{' '.join(self.tags)}]" if self.tags else ""
        return f"\n# %%{tags}\n{self.source}\n"

    def __str__(self) -> str:
        return f"cell {self.number} (`{first_line(self.source)}`)"


def load_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook as plain JSON, without the cost of validating it.

    Raises:
        WorkspaceError: it isn't there, or is no notebook.
    """
    shown = f"{path.parent.name}/{path.name}"
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        code_cells(notebook)
    except FileNotFoundError:
        raise WorkspaceError(f"There is no notebook {shown}.") from None
    except json.JSONDecodeError as error:
        reason = f"its JSON is broken in line {error.lineno}: {error.msg}"
        raise WorkspaceError(f"{shown} is no notebook ({reason}): restore it with `git checkout {shown}`.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = "it holds no cells"
        raise WorkspaceError(f"{shown} is no notebook ({reason}): restore it with `git checkout {shown}`.") from None
    return notebook


def code_cells(notebook: dict[str, Any]) -> list[Cell]:
    """Return the code cells that hold code, numbered."""
    found = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"]).rstrip()
        if cell["cell_type"] == "code" and source:
            found.append(Cell(len(found) + 1, source, tuple(cell.get("metadata", {}).get("tags", []))))
    return found


def first_line(source: str, width: int = 70) -> str:
    """Return the first line of a cell that is neither empty nor an import, cut to `width`."""
    lines = [line for line in source.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("import ", "from "))] or lines or [""]
    return telling[0][:width]


def project(notebook: dict[str, Any], name: str) -> str:
    """Return the code cells and their tags as a script: all that can change what a notebook does."""
    header = f"# The code of notebooks/{name}.ipynb, written by `lab project`: edit the notebook, not this file.\n"
    return header + "".join(cell.projected for cell in code_cells(notebook))


def changed_cells(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Say of each cell how it differs from what it was: changed, new or gone."""
    from difflib import SequenceMatcher

    old, new = code_cells(before), code_cells(after)
    matcher = SequenceMatcher(None, [cell.projected for cell in old], [cell.projected for cell in new], autojunk=False)
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag == "equal":
            continue
        same = min(end - start, last - first)
        for was, now in zip(old[start:end], new[first:last], strict=False):
            yield f"{now} changed" if was.source != now.source else f"the tags of {now} changed"
        yield from (f"{cell} is new" for cell in new[first + same : last])
        yield from (f"{cell} is gone" for cell in old[start + same : end])


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
