"""What can be wrong with a notebook before its first cell runs, in one sentence with the way out."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from ...core.project import WorkspaceError
from ..workspace import StageSpec, find_stage, load_stages
from .notebooks import Cell, code_cells, load_notebook

# How a notebook may write it: imported by name, or with the module before it.
CALLS = ("Stage", "lab.Stage")


def named_stage(root: Path, name: str) -> StageSpec:
    """Return a stage by any of its names.

    Raises:
        WorkspaceError: there is no such stage, or its notebook was renamed.
    """
    stages = load_stages(root)
    try:
        return find_stage(stages, name)
    except WorkspaceError:
        path = root / "notebooks" / f"{Path(name).stem}.ipynb"
        opened = stage_opened_by(path)
        if opened in stages and not (root / stages[opened].source).exists():
            raise WorkspaceError(renamed(stages[opened], path)) from None
        raise


def stage_notebook(root: Path, spec: StageSpec) -> dict[str, Any]:
    """Read a stage's notebook.

    Raises:
        WorkspaceError: it is gone, was renamed, is no notebook, or a cell of it isn't Python.
    """
    if not (root / spec.source).exists():
        candidates = sorted((root / "notebooks").glob("*.ipynb"))
        found = next((path for path in candidates if stage_opened_by(path) == spec.name), None)
        way = renamed(spec, found) if found else f"{spec.source} is gone: `git checkout {spec.source}` brings it back."
        raise WorkspaceError(way)
    notebook = load_notebook(root / spec.source)
    check_syntax(spec, code_cells(notebook))
    return notebook


def sound_notebook(root: Path, spec: StageSpec) -> dict[str, Any]:
    """Read a stage's notebook and make sure that it can run as this stage.

    Raises:
        WorkspaceError: what `stage_notebook` refuses, or its first code cell opens no stage, or another one.
    """
    notebook = stage_notebook(root, spec)
    opened = opened_stage(notebook)
    if opened != spec.name:
        found = f"opens the stage {opened!r}" if opened else "opens no stage"
        raise WorkspaceError(
            f'{spec.source}: its first code cell {found}; it has to hold `stage = Stage("{spec.name}")`, '
            f"because dvc.yaml runs {spec.notebook} as the stage {spec.name}."
        )
    return notebook


def renamed(spec: StageSpec, path: Path) -> str:
    """Say that a stage's notebook has another name now."""
    return (
        f"{spec.source} is gone, and notebooks/{path.name} opens its stage {spec.name!r}: "
        f"rename it back, or change {spec.notebook} to {path.stem} in dvc.yaml."
    )


def check_syntax(spec: StageSpec, cells: list[Cell]) -> None:
    """Raise WorkspaceError if a cell isn't Python, IPython's additions to it included."""
    for cell in cells:
        try:
            parse(cell.source)
        except SyntaxError as error:
            reason = f"a syntax error in its line {error.lineno}: {error.msg}"
            raise WorkspaceError(f"{spec.source}: {cell} has {reason}. Mend that cell and save the notebook.") from None


def parse(source: str) -> ast.Module:
    """Return the parsed source of a cell; IPython's magics, shell lines and top-level `await` are allowed.

    Raises:
        SyntaxError: it is neither Python nor what IPython makes Python of.
    """
    try:
        return compile(source, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    except SyntaxError:
        plain = ipython_to_python(source)
        if plain.strip() == source.strip():
            raise
        return parse(plain)


def ipython_to_python(source: str) -> str:
    """Return a cell with its magics and shell lines as the Python that IPython makes of them."""
    # Only a cell with magics or a fault comes here: half a second that the others don't pay.
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return TransformerManager().transform_cell(source)
    except SyntaxError:
        return source


def stage_opened_by(path: Path) -> str | None:
    """Return the stage that a notebook file opens, or None, also if there is no such notebook."""
    try:
        return opened_stage(load_notebook(path))
    except WorkspaceError:
        return None


def opened_stage(notebook: dict[str, Any]) -> str | None:
    """Return the name in the call of `Stage` in a notebook's first code cell, or None."""
    cells = code_cells(notebook)
    try:
        tree = parse(cells[0].source) if cells else ast.Module([], [])
    except SyntaxError:
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS]
    names = [call.args[0].value for call in calls if call.args and isinstance(call.args[0], ast.Constant)]
    return str(names[0]) if names else None
