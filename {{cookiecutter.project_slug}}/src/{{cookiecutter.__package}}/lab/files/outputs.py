"""What git keeps of a notebook: its source, and the outputs of contract cells as they were last accepted."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path
from typing import Any

from ...core.project import WorkspaceError, find_root
from ..workspace import find_stage, load_stages
from .ipynb import Notebook, read, without_transient, write, written

CONTRACT = "nbval-check-output"
# nbval checks an output only beside a count. The same one everywhere: a cell added above is no change to those below.
COUNT = 1
PYTHON = {"name": "python"}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
VOLATILE = {
    "notebook": ("vscode", "widgets"),
    "cell": ("ExecuteTime", "autoscroll", "collapsed", "execution", "scrolled", "vscode"),
}
IDS_SINCE = 5


def cleaned(notebook: Notebook) -> Notebook:
    """Return a copy without what running and looking leave behind; contract cells keep their outputs."""
    clean = with_ids(without_transient(notebook))
    clean["metadata"] = clean_notebook_metadata(clean["metadata"])
    for cell in clean["cells"]:
        cell["metadata"] = clean_cell_metadata(cell["metadata"])
        if cell["cell_type"] == "code":
            contract = is_contract(cell)
            cell["outputs"] = [output_to_keep(output) for output in cell["outputs"]] if contract else []
            cell["execution_count"] = COUNT if contract else None
    return clean


def clean_notebook_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what people wrote, with the kernel as every notebook of the project names it."""
    kept = {key: value for key, value in metadata.items() if key not in VOLATILE["notebook"]}
    if kept.get("kernelspec", {}).get("language", "python") == "python":
        return {**kept, "kernelspec": KERNEL, "language_info": PYTHON}
    return {key: value for key, value in kept.items() if key != "language_info"}


def clean_cell_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what people wrote: tags, above all."""
    kept = {key: value for key, value in metadata.items() if key not in VOLATILE["cell"]}
    view = {key: value for key, value in kept.pop("jupyter", {}).items() if key != "outputs_hidden"}
    return {**kept, **({"jupyter": view} if view else {})}


def output_to_keep(output: Notebook) -> Notebook:
    """Return an output without the count of its run."""
    return {**output, "execution_count": COUNT} if "execution_count" in output else output


def with_ids(notebook: Notebook) -> Notebook:
    """Return a copy in which each cell has an id of its own; a missing one follows from the cell's place and text."""
    named = copy.deepcopy(notebook)
    named["nbformat_minor"] = max(named["nbformat_minor"], IDS_SINCE)
    taken: set[str] = set()
    for place, cell in enumerate(named["cells"]):
        turn = 0
        while cell.get("id", "") in taken | {""}:
            seed = f"{place} {turn} {cell['source']}"
            cell["id"], turn = hashlib.sha256(seed.encode()).hexdigest()[:8], turn + 1
        taken.add(cell["id"])
    return named


def is_contract(cell: Notebook) -> bool:
    """Return whether a cell's output is kept in git."""
    return cell["cell_type"] == "code" and CONTRACT in cell["metadata"].get("tags", [])


def clean_file(path: Path, *, check: bool = False) -> bool:
    """Bring a notebook into the form git keeps; return whether it wasn't. With `check`, write nothing.

    Outputs that are taken away go to where JupyterLab shows them from.

    Raises:
        WorkspaceError: it isn't there, or is no notebook.
    """
    notebook = read(path)
    clean, draft = cleaned(notebook), draft_of(path)
    differs = path.read_bytes() != written(clean)
    if differs and not check:
        if draft and any(cell.get("outputs") for cell in notebook["cells"] if not is_contract(cell)):
            write(with_ids(notebook), draft)
        write(clean, path)
    return differs


def notebook_files(root: Path) -> list[Path]:
    """Return the notebooks that git keeps clean."""
    return sorted((root / "notebooks").glob("*.ipynb"))


def notebook_file(root: Path, name: str) -> Path:
    """Return the file of a notebook that was named as a stage, a notebook or a file; scratch ones too.

    Raises:
        WorkspaceError: there is none.
    """
    path = Path(name)
    return path if path.suffix == ".ipynb" and path.exists() else root / find_stage(load_stages(root), name).source


def draft_of(path: Path) -> Path | None:
    """Return where a notebook's outputs are kept; None if it is none of notebooks/*.ipynb in a project."""
    try:
        root = find_root(path.absolute().parent)
    except WorkspaceError:
        return None
    tracked = path.absolute().parent == root / "notebooks" and path.suffix == ".ipynb"
    return root / ".draft" / "notebooks" / path.name if tracked else None


def with_contracts(notebook: Notebook, kept: Notebook) -> Notebook:
    """Return the clean notebook with the contract outputs of `kept`: a draft never changes what was accepted."""
    outputs = {cell.get("id"): cell["outputs"] for cell in kept["cells"] if is_contract(cell)}
    for cell in notebook["cells"]:
        if is_contract(cell):
            cell["outputs"] = outputs.get(cell["id"], [])
    return cleaned(notebook)
