"""The code projection: what DVC hashes changes with code and tags, and with nothing else."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.__package}}.lab import workspace
from {{cookiecutter.__package}}.lab.files import notebooks

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def notebook(make_notebook: Make, make_cell: Make) -> dict[str, Any]:
    """Prose, a plain cell and a contract cell."""
    contract = make_cell("print('schema: ok')", tags=("nbval-check-output",))
    return make_notebook(make_cell("# A question", kind="markdown"), "answer = 42\nanswer", contract)


def test_the_projection_holds_the_code_and_the_tags(notebook: dict[str, Any]):
    """It reads as a script, says where it comes from, and has no prose."""
    header, *cells = notebooks.project(notebook, "01_first").split("\n# %%")
    assert "notebooks/01_first.ipynb" in header
    assert cells == ["\nanswer = 42\nanswer\n", " [nbval-check-output]\nprint('schema: ok')\n"]


def changed(notebook: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> bool:
    """Return whether a change to the notebook changes its projection."""
    other = copy.deepcopy(notebook)
    change(other)
    return notebooks.project(other, "01_first") != notebooks.project(notebook, "01_first")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda n: n["cells"][1].update(outputs=[{"output_type": "stream", "text": "42"}]), id="outputs"),
        pytest.param(lambda n: n["cells"][1].update(execution_count=7), id="execution count"),
        pytest.param(lambda n: n["cells"][1]["metadata"].update(collapsed=True), id="metadata of a cell"),
        pytest.param(lambda n: n["metadata"].update(kernelspec={"name": "other"}), id="metadata of the notebook"),
        pytest.param(lambda n: n["cells"][0].update(source="# Another question"), id="prose"),
        pytest.param(lambda n: n["cells"].pop(0), id="prose that is gone"),
        pytest.param(lambda n: n["cells"].append({**n["cells"][1], "source": "  \n"}), id="an empty cell"),
        pytest.param(lambda n: n["cells"][1].update(id="other"), id="the id of a cell"),
        pytest.param(lambda n: n["cells"][1].update(source=["answer = 42\n", "answer"]), id="lines instead of text"),
    ],
)
def test_what_cannot_change_the_results_changes_nothing(notebook: dict[str, Any], change: Callable):
    """Outputs, metadata and prose never make a stage run again."""
    assert not changed(notebook, change)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda n: n["cells"][1].update(source="answer = 43\nanswer"), id="code"),
        pytest.param(lambda n: n["cells"][2]["metadata"].update(tags=[]), id="a tag that is gone"),
        pytest.param(lambda n: n["cells"][1]["metadata"].update(tags=["nbval-skip"]), id="a new tag"),
        pytest.param(lambda n: n["cells"].append({**n["cells"][1], "source": "answer"}), id="a new cell"),
        pytest.param(lambda n: n["cells"].reverse(), id="the order of cells"),
        pytest.param(lambda n: n["cells"][1].update(cell_type="markdown"), id="code that became prose"),
    ],
)
def test_what_can_change_the_results_changes_the_projection(notebook: dict[str, Any], change: Callable):
    """Code, its order and its tags do."""
    assert changed(notebook, change)


def test_a_projection_is_stale_until_it_is_written(tiny: Path, write_notebook: Callable[..., Path]):
    """A missing or outdated file is stale; writing it, even into a folder that isn't there, mends it."""
    (tiny / "notebooks" / "code").rmdir()
    assert notebooks.projection_is_stale(tiny, "01_first")
    notebooks.write_projection(tiny, "01_first")
    assert not notebooks.projection_is_stale(tiny, "01_first")
    write_notebook("01_first", "1 + 2")
    assert notebooks.projection_is_stale(tiny, "01_first")


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", "7"])
def test_what_is_no_notebook_is_refused(tiny: Path, text: str):
    """A broken file is named, with the way to restore it."""
    (tiny / "notebooks" / "01_first.ipynb").write_text(text, encoding="utf-8")
    with pytest.raises(
        workspace.WorkspaceError,
        match=r"^notebooks/01_first\.ipynb is no notebook \(.*git checkout notebooks/",
    ):
        notebooks.projected(tiny, "01_first")


def test_a_missing_notebook_is_named(tiny: Path):
    """The message says which file was looked for."""
    (tiny / "notebooks" / "01_first.ipynb").unlink()
    with pytest.raises(workspace.WorkspaceError, match=r"There is no notebook .*01_first\.ipynb"):
        notebooks.projected(tiny, "01_first")


def test_the_project_s_own_projections_are_python(project: Path):
    """What reviewers read can be read by Python too: no magics in the pipeline."""
    for spec in workspace.load_stages(project).values():
        assert ast.parse(notebooks.projected(project, spec.notebook)).body


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\ny = 2", "x = 1"),
        ("import os\nfrom a import b\n\nx = 1", "x = 1"),
        ("import os", "import os"),
        ("\n\n  \nx", "x"),
        ("", ""),
        ("x = '" + "y" * 100 + "'", "x = '" + "y" * 65),
    ],
)
def test_a_cell_is_called_by_its_first_telling_line(source: str, line: str):
    """Imports say little, unless there is nothing else; a long line is cut."""
    assert notebooks.first_line(source) == line
