"""What git keeps of a notebook, and how contract cells get their outputs."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as some

from {{cookiecutter.__package}}.lab import cli
from {{cookiecutter.__package}}.lab.files import ipynb, outputs

Notebook = dict[str, Any]
CONTRACT = {"tags": ["nbval-check-output"]}
TEXT = some.text(alphabet="abc é'\n\r\t\u2028", max_size=12)
STREAMS = some.fixed_dictionaries({"output_type": some.just("stream"), "name": some.just("stdout"), "text": TEXT})
BUNDLES = some.dictionaries(some.sampled_from(["text/plain", "text/html", "image/png", "image/svg+xml"]), TEXT)
JSON = some.builds(lambda text: {"application/json": {"value": [text]}}, TEXT)
RESULTS = some.fixed_dictionaries(
    {
        "output_type": some.just("execute_result"),
        "execution_count": some.integers(1, 9),
        "metadata": some.just({}),
        "data": some.one_of(BUNDLES, JSON),
    }
)
LOOKS = some.fixed_dictionaries(
    {},
    optional={
        "tags": some.sampled_from([["nbval-check-output"], ["parameters"]]),
        "scrolled": some.booleans(),
        "collapsed": some.just(True),
        "trusted": some.booleans(),
        "execution": some.just({"iopub.status.busy": "2026-01-01"}),
        "jupyter": some.just({"outputs_hidden": True, "source_hidden": True}),
    },
)
CODE = some.fixed_dictionaries(
    {
        "cell_type": some.just("code"),
        "id": some.sampled_from(["a", "b", "c"]),
        "source": TEXT,
        "metadata": LOOKS,
        "execution_count": some.one_of(some.none(), some.integers(1, 9)),
        "outputs": some.lists(some.one_of(STREAMS, RESULTS), max_size=2),
    }
)
PROSE = some.fixed_dictionaries(
    {"cell_type": some.sampled_from(["markdown", "raw"]), "source": TEXT, "metadata": LOOKS},
    optional={"id": some.sampled_from(["a", "d"]), "attachments": some.just({"a.png": {"image/png": "aGk="}})},
)
NOTEBOOKS = some.builds(
    lambda cells, metadata: {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5},
    some.lists(some.one_of(CODE, PROSE), max_size=5),
    some.fixed_dictionaries(
        {},
        optional={
            "kernelspec": some.just({"name": "python3", "display_name": ".venv", "language": "python"}),
            "language_info": some.just({"name": "python", "version": "3.13.1"}),
            "widgets": some.just({"state": {}}),
            "title": some.just("kept"),
        },
    ),
)


@given(notebook=NOTEBOOKS)
def test_cleaning_twice_is_cleaning_once(notebook: Notebook):
    """And the notebook that was given isn't changed."""
    before = copy.deepcopy(notebook)
    once = outputs.cleaned(notebook)
    assert outputs.cleaned(once) == once
    assert notebook == before


@given(notebook=NOTEBOOKS)
def test_a_clean_notebook_is_written_as_jupyter_writes_it(notebook: Notebook):
    """Byte for byte, it is valid, and reading it back gives the same."""
    clean = outputs.cleaned(notebook)
    node, text = nbformat.from_dict(clean), io.StringIO()
    nbformat.write(node, text, version=nbformat.NO_CONVERT)
    assert ipynb.written(clean).decode() == text.getvalue()
    assert ipynb.written(json.loads(text.getvalue())).decode() == text.getvalue()


@given(notebook=NOTEBOOKS)
def test_only_what_people_wrote_is_left(notebook: Notebook):
    """Sources, tags and prose stay; outputs stay in contract cells alone; every cell has an id of its own."""
    clean = outputs.cleaned(notebook)
    assert [cell["source"] for cell in clean["cells"]] == [cell["source"] for cell in notebook["cells"]]
    for before, after in zip(notebook["cells"], clean["cells"], strict=True):
        assert after["metadata"].get("tags") == before["metadata"].get("tags")
        assert set(after["metadata"]) <= {"tags", "jupyter"}
        if after["cell_type"] == "code":
            contract = "nbval-check-output" in after["metadata"].get("tags", [])
            assert after["execution_count"] == (1 if contract else None)
            assert len(after["outputs"]) == (len(before["outputs"]) if contract else 0)
    assert clean["metadata"].keys() - {"title"} == {"kernelspec", "language_info"}
    assert len({cell["id"] for cell in clean["cells"]}) == len(clean["cells"])


def lab(*arguments: str) -> Result:
    """Call `lab`."""
    return CliRunner().invoke(cli.main, list(arguments))


@pytest.fixture
def verdict(make_cell: Callable[..., Notebook]) -> Callable[[str], Notebook]:
    """Make a contract cell that said this."""

    def make(text: str) -> Notebook:
        cell = make_cell("stage.verdict('beats baseline', better)", tags=("nbval-check-output",))
        said = {"output_type": "stream", "name": "stdout", "text": f"{text}\n"}
        return {**cell, "outputs": [said], "execution_count": 7}

    return make


def test_lab_clean_brings_notebooks_into_the_form_git_keeps(tiny: Path, write_notebook: Callable[..., Path], verdict):
    """What it takes away is shown by JupyterLab all the same; a second time there is nothing to do."""
    run = {**verdict("a figure"), "metadata": {"scrolled": True}, "id": "figure"}
    path = write_notebook("01_first", run, verdict("beats baseline: yes"))
    assert lab("clean", "--check").exit_code == 1
    assert lab("clean").output.splitlines() == ["01_first.ipynb cleaned", "02_second.ipynb cleaned"]
    cells = json.loads(path.read_text())["cells"]
    assert [cell["outputs"] != [] for cell in cells] == [False, True]
    assert (tiny / ".draft/notebooks/01_first.ipynb").exists()
    assert not (tiny / ".draft/notebooks/02_second.ipynb").exists()
    assert (lab("clean").output, lab("clean", "--check").exit_code) == ("", 0)


def test_a_scratch_notebook_is_cleaned_if_it_is_named(tiny: Path, write_notebook: Callable[..., Path], verdict):
    """As a file; nothing is kept beside it."""
    run = write_notebook("01_first", {**verdict("a figure"), "metadata": {}})
    scratch = tiny / "notebooks/scratch/idea.ipynb"
    scratch.parent.mkdir()
    run.rename(scratch)
    assert lab("clean", str(scratch)).output == "scratch/idea.ipynb cleaned\n"
    assert json.loads(scratch.read_text())["cells"][0]["outputs"] == []
    assert not (tiny / ".draft").exists()


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"cells": [7]}', '{"cells": [], "metadata": {}, "nbformat": 3}'])
@pytest.mark.parametrize("command", ["clean", "accept"])
def test_what_is_no_notebook_is_one_sentence(tiny: Path, command: str, text: str):
    """No stack trace, and the file stays as it is."""
    (tiny / "notebooks/01_first.ipynb").write_text(text)
    (tiny / "reports").mkdir()
    (tiny / "reports/01_first.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    result = lab(command, "first")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "01_first.ipynb is no notebook" in result.output
    assert (tiny / "notebooks/01_first.ipynb").read_text() == text


@pytest.fixture
def executed(tiny: Path, write_notebook: Callable[..., Path]) -> Callable[..., Path]:
    """Put a copy where DVC's run leaves it."""

    def put(*cells: str | Notebook) -> Path:
        path = write_notebook("02_second", *cells)
        copied = tiny / "reports/01_first.ipynb"
        copied.parent.mkdir(exist_ok=True)
        return path.rename(copied)

    return put


def test_accepting_says_what_changed(tiny: Path, write_notebook: Callable[..., Path], executed, verdict):
    """The verdict of DVC's run goes into the notebook; accepting again has nothing to do."""
    path = write_notebook("01_first", "train()", verdict("beats baseline: no"))
    executed("train()", verdict("beats baseline: yes"))
    said = lab("accept", "first").output
    assert said == "notebooks/01_first.ipynb accepted:\n  cell 2: beats baseline: no -> yes\n"
    assert json.loads(path.read_text())["cells"][1]["outputs"][0]["text"] == ["beats baseline: yes\n"]
    assert "nothing to accept" in lab("accept", "01_first").output
    assert lab("clean", "--check", "first").exit_code == 0


def test_a_first_verdict_is_accepted(write_notebook: Callable[..., Path], executed, verdict):
    """A contract cell that has said nothing yet."""
    write_notebook("01_first", {**verdict(""), "outputs": []})
    executed(verdict("beats baseline: yes"))
    assert "cell 1: (nothing) -> beats baseline: yes" in lab("accept", "first").output


def test_a_copy_that_cannot_be_accepted_is_named_with_the_way_out(
    tiny: Path, write_notebook: Callable[..., Path], executed, verdict
):
    """Missing, of other code, or failed: the notebook stays as it is, and the pipeline has to run."""
    path = write_notebook("01_first", "train()", verdict("beats baseline: no"))
    before = path.read_bytes()
    refusals = [lab("accept", "first").output]
    executed("train(more=True)", verdict("beats baseline: yes"))
    refusals.append(lab("accept", "first").output)
    error = {"output_type": "error", "ename": "ContractError", "evalue": "it doesn't", "traceback": []}
    executed("train()", {**verdict(""), "outputs": [error]})
    refusals.append(lab("accept", "first").output)
    executed("train()").write_text("no JSON")
    refusals.append(lab("accept", "first").output)
    for said, reason in zip(
        refusals, ["There is no reports/", "ran other code", "cell 2 raised ContractError", "no notebook"], strict=True
    ):
        assert said.startswith("Error: ")
        assert reason in said
        assert "make pipeline" in said
    assert path.read_bytes() == before
