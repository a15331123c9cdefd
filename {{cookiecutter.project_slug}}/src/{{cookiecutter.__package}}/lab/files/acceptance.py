"""Accepting what contract cells say: from the copy that DVC executed into the notebook, without running anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from ...core.project import WorkspaceError
from ..workspace import StageSpec
from .ipynb import Notebook, read, write, written
from .notebooks import load_notebook, project
from .outputs import cleaned, is_contract, output_to_keep


def accept(root: Path, spec: StageSpec) -> list[str]:
    """Take the contract cells' outputs from the copy that DVC executed; return what changed, a line for each.

    Raises:
        WorkspaceError: the copy is missing, failed, or ran other code than the notebook holds.
    """
    source, executed = read(root / spec.source), executed_copy(root, spec)
    clean = cleaned(source)
    changes: list[str] = []
    for number, (ours, theirs) in enumerate(zip(code_cells(clean), code_cells(executed), strict=True), start=1):
        if is_contract(ours):
            before, ours["outputs"] = ours["outputs"], [output_to_keep(output) for output in theirs["outputs"]]
            changes += [f"cell {number}: {change}" for change in changed_lines(before, ours["outputs"])]
    if written(clean) != (root / spec.source).read_bytes():
        write(clean, root / spec.source)
    return changes


def executed_copy(root: Path, spec: StageSpec) -> Notebook:
    """Return the copy that DVC executed.

    Raises:
        WorkspaceError: it is missing, failed, or ran other code than the notebook holds.
    """
    path, again = root / spec.executed, "run `make pipeline`, then accept again."
    if not path.exists():
        raise WorkspaceError(f"There is no {spec.executed} to accept from: {again}")
    try:
        executed = read(path)
    except WorkspaceError:
        raise WorkspaceError(f"{spec.executed} is no notebook: delete it, {again}") from None
    if project(executed, spec.notebook) != project(load_notebook(root / spec.source), spec.notebook):
        raise WorkspaceError(f"{spec.executed} ran other code than {spec.source} holds now: {again}")
    for number, cell in enumerate(code_cells(executed), start=1):
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                failure = f"cell {number} raised {output['ename']}"
                raise WorkspaceError(f"{spec.executed} failed ({failure}): mend it, {again}")
    return executed


def code_cells(notebook: Notebook) -> list[Notebook]:
    """Return the cells that run, numbered as a run numbers them: empty ones don't count."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["source"].strip()]


def changed_lines(before: list[Notebook], after: list[Notebook]) -> Iterator[str]:
    """Yield 'beats baseline: no -> yes' for each line that changed, and say so where only its form did."""
    old, new = ("".join(shown(output) for output in outputs).splitlines() for outputs in (before, after))
    for was, now in zip_longest(old, new, fillvalue="(nothing)"):
        if was != now:
            start, colon, verdict = now.rpartition(": ")
            yield f"{was} -> {verdict if colon and was.startswith(start + colon) else now}"
    if old == new and before != after:
        yield "the same text in another form"


def shown(output: Notebook) -> str:
    """Return an output as text; a picture as its types."""
    if output["output_type"] == "stream":
        return output["text"]
    return output.get("data", {}).get("text/plain", f"<{', '.join(output.get('data', {}))}>") + "\n"
