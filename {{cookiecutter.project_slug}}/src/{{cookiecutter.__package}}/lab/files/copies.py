"""The copies of notebooks that DVC executed, and whether they still belong to their notebooks."""

from __future__ import annotations

from pathlib import Path

from ...core.project import WorkspaceError
from .notebooks import changed_cells, load_notebook, project


def check_copy(source: Path, copy: Path) -> None:
    """Make sure that an executed copy was made by the code that its notebook holds now.

    Raises:
        WorkspaceError: there is no copy, it is no notebook, or it was made by other code.
    """
    shown = f"{copy.parent.name}/{copy.name}"
    if not copy.exists():
        raise WorkspaceError(f"{shown} is not there: `make pipeline` makes it, `dvc pull` brings it if it was shared.")
    now = load_notebook(source)
    try:
        then = load_notebook(copy)
    except WorkspaceError:
        raise WorkspaceError(f"{shown} is no notebook: `dvc checkout {shown}` brings back what DVC made.") from None
    if project(now, source.stem) != project(then, source.stem):
        first = next(changed_cells(then, now), "its code changed")
        raise WorkspaceError(
            f"{shown} was made by other code than {source.parent.name}/{source.name} holds now ({first}): "
            "`make pipeline` makes it anew."
        )
