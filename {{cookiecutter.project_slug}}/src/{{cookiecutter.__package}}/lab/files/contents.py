"""How JupyterLab saves the project's notebooks: what people wrote goes to git, a draft's outputs beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from ...core.project import WorkspaceError
from ..workspace import load_stages
from .ipynb import Notebook, read, write, written
from .notebooks import projection_is_stale, write_projection
from .outputs import PYTHON, VOLATILE, cleaned, draft_of, with_contracts, with_ids

RUN = ("outputs", "execution_count")


class ProjectContents(AsyncLargeFileManager):
    """Jupyter's own file manager, but for notebooks/*.ipynb of a project.

    On save, the tracked file gets the clean notebook with the contract outputs it had, and isn't touched if that is
    what it holds; the notebook as it is on the screen goes to .draft/notebooks/. On open, its outputs are laid over
    the cells that are still the same. Whatever fails here, the notebook is saved.
    """

    async def _read_notebook(self, os_path: str, *arguments: Any, **options: Any) -> Any:
        answer = await super()._read_notebook(os_path, *arguments, **options)
        notebook, draft = answer[0] if isinstance(answer, tuple) else answer, draft_of(Path(os_path))
        if draft is None:
            return answer
        try:
            if notebook.metadata.get("language_info") == PYTHON:
                # What the kernel is going to say: JupyterLab would call the notebook changed when it does.
                notebook.metadata.language_info = nbformat.from_dict(IPythonKernel.language_info)
            if draft.exists():
                lay_over(notebook, nbformat.from_dict(read(draft)))
            if is_text(notebook):
                self.notary.sign(notebook)
        except Exception as error:
            self.log.warning("The draft's outputs in %s can't be shown: %s", draft, error)
        return answer

    async def _save_notebook(self, os_path: str, nb: nbformat.NotebookNode, *arguments: Any, **options: Any) -> None:
        path = Path(os_path)
        draft = draft_of(path)
        content = self.split(path, draft, nb) if draft else None
        if draft is None or content is None:
            await super()._save_notebook(os_path, nb, *arguments, **options)
            return
        if not path.exists() or path.read_bytes() != content:
            with self.atomic_writing(os_path, text=False) as file:
                file.write(content)
        try:
            await self.trust_again(path, nb)
            refresh_projection(path)
        except Exception as error:
            self.log.warning("%s is saved, but what belongs to it isn't: %s", path.name, error)

    def split(self, path: Path, draft: Path, notebook: Notebook) -> bytes | None:
        """Write the notebook as it is on the screen beside the project, and return what belongs into git.

        None if that can't be done: then everything has to go into the one file.
        """
        try:
            content = content_for_git(path, notebook)
            write(with_ids(notebook), draft)
        except Exception as error:
            self.log.warning("%s is saved with its outputs, because it can't be cleaned: %s", path.name, error)
            return None
        return content

    async def trust_again(self, path: Path, notebook: nbformat.NotebookNode) -> None:
        """Trust what opening the notebook will show, if the notebook on the screen is trusted."""
        if self.notary.check_signature(notebook):
            self.notary.sign(await self._read_notebook(str(path)))

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Rename a file; a notebook's draft goes with it."""
        old, new = (draft_of(Path(self._get_os_path(path))) for path in (old_path, new_path))
        await super().rename_file(old_path, new_path)
        if old and old.exists() and new:
            shutil.move(old, new)

    async def delete_file(self, path: str) -> None:
        """Delete a file; a notebook's draft goes with it."""
        draft = draft_of(Path(self._get_os_path(path)))
        await super().delete_file(path)
        if draft:
            draft.unlink(missing_ok=True)


def content_for_git(path: Path, notebook: Notebook) -> bytes:
    """Return what the tracked file should hold: the clean notebook with the contract outputs it has now."""
    clean = cleaned(notebook)
    try:
        return written(with_contracts(clean, read(path)))
    except WorkspaceError:
        # A new notebook, or one that git's conflict markers have broken: nothing was accepted yet.
        return written(with_contracts(clean, {"cells": []}))


def lay_over(notebook: nbformat.NotebookNode, draft: nbformat.NotebookNode) -> None:
    """Show a draft's outputs, counts and views in the cells that still have the draft's id and source."""
    notebook.metadata.update({key: draft.metadata[key] for key in VOLATILE["notebook"] if key in draft.metadata})
    drafted = {(cell.get("id"), cell.cell_type, cell.source): cell for cell in draft.cells}
    for cell in notebook.cells:
        seen = drafted.get((cell.get("id"), cell.cell_type, cell.source))
        if seen is not None:
            cell.update({key: seen[key] for key in RUN if key in seen})
            cell.metadata.update({key: seen.metadata[key] for key in VOLATILE["cell"] if key in seen.metadata})


def is_text(notebook: nbformat.NotebookNode) -> bool:
    """Return whether no output of a notebook could be code, as in one that comes from git."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return all(output.output_type == "stream" for output in outputs)


def refresh_projection(path: Path) -> None:
    """Write the code projection of a notebook that is a stage."""
    root = path.parents[1]
    is_stage = any(spec.notebook == path.stem for spec in load_stages(root).values())
    if is_stage and projection_is_stale(root, path.stem):
        write_projection(root, path.stem)
