"""Running notebooks: what is kept, what is said, and what happens when a cell or its kernel dies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from {{cookiecutter.__package}}.lab.running import runner

LINE = re.compile(r"^  \[ ?(\d+)/(\d+)\] +\d+\.\d s +(\d+) MB  (.*)$")


class Ran(NamedTuple):
    """What a run left behind."""

    source: Path
    cells: list[dict[str, Any]]
    lines: list[str]
    error: str


@pytest.fixture
def ran(tiny: Path, write_notebook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a notebook of these cells from another folder than its own, and return what it left behind."""
    monkeypatch.chdir(tiny)

    def run(*cells: str | dict[str, Any]) -> Ran:
        source, executed = write_notebook("01_first", *cells), tiny / "made" / "on the way" / "01_first.ipynb"
        lines: list[str] = []
        error = ""
        try:
            runner.run_notebook(source, executed, lines.append)
        except runner.RunError as failed:
            error = str(failed)
        return Ran(source, json.loads(executed.read_text(encoding="utf-8"))["cells"], lines, error)

    return run


def text(cell: dict[str, Any]) -> str:
    """Return the text a cell has printed or shown."""
    found = [out.get("text") or out.get("data", {}).get("text/plain", []) for out in cell["outputs"]]
    return "".join(line for lines in found for line in lines)


def test_a_notebook_runs_to_its_end(ran: Callable[..., Ran], make_cell: Callable[..., dict[str, Any]], tiny: Path):
    """The copy has every output and no trace of the clock; the source stays as it was; each cell is a line."""
    prose, empty = make_cell("# Why", kind="markdown"), make_cell("")
    stale = {**make_cell("x + 1"), "outputs": [{"output_type": "stream", "name": "stdout", "text": "old"}]}
    found = ran(prose, "import os\n\nx = 41", empty, stale, "print(os.getcwd())")
    assert found.error == ""
    assert text(found.cells[3]) == "42"
    assert text(found.cells[4]) == f"{tiny / 'notebooks'}\n"
    assert [cell.get("execution_count") for cell in found.cells] == [None, 1, None, 2, 3]
    assert not any(cell["metadata"] for cell in found.cells)
    assert json.loads(found.source.read_text(encoding="utf-8"))["cells"][3] == stale
    said = [LINE.match(line) for line in found.lines]
    assert all(said), found.lines
    assert [match[1] + " of " + match[2] for match in said] == ["1 of 3", "2 of 3", "3 of 3"]
    assert [match[4] for match in said] == ["x = 41", "x + 1", "print(os.getcwd())"]
    assert all(int(match[3]) > 5 for match in said)


def test_a_failing_cell_is_named_and_the_copy_is_kept(
    ran: Callable[..., Ran], make_cell: Callable[..., dict[str, Any]]
):
    """One sentence names the cell and the error; the copy shows how far it came, and nothing after it."""
    stale = {**make_cell("'never'"), "outputs": [{"output_type": "stream", "name": "stdout", "text": "old"}]}
    found = ran("x = 1", "import math\nmath.sqrt(-x)", stale)
    assert found.error == "01_first.ipynb: cell 2 of 3 (`math.sqrt(-x)`) failed with ValueError: math domain error"
    assert found.cells[1]["outputs"][0]["ename"] == "ValueError"
    assert found.cells[2]["outputs"] == []
    assert len(found.lines) == 2


def test_a_killed_kernel_is_named_and_the_copy_is_kept(ran: Callable[..., Ran]):
    """When the system ends the kernel, as it does when memory runs out, the sentence says what to do."""
    found = ran("print('before')", "import os\nos.kill(os.getpid(), 9)")
    assert found.error.startswith("01_first.ipynb: cell 2 of 2 (`os.kill(os.getpid(), 9)`) killed its kernel")
    assert "data.rows in params.yaml" in found.error
    assert text(found.cells[0]) == "before\n"
