"""A pytest plugin that lets nbval check the copies that DVC executed, as if each cell ran now: nothing does.

`pytest -p PACKAGE.lab.proof.replay notebooks/0*.ipynb` is all it takes; `--replay-from` names another folder of copies.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from ...core.project import WorkspaceError
from ..files.copies import check_copy

pytest_plugins = (f"{__package__}.verdicts",)


class RecordedKernel:
    """Answers nbval as a kernel would, with what an executed copy holds. One cell is on at a time."""

    def __init__(self, copy: nbformat.NotebookNode) -> None:
        # Empty cells never run, and one may have come or gone since.
        self.cells = [cell for cell in copy.cells if cell.cell_type == "code" and cell.source.strip()]
        self.number = 0
        self.messages: deque[dict[str, Any]] = deque()

    def turn_to(self, number: int) -> None:
        """Go to the cell that is checked next, counted among those that hold code."""
        self.number = number

    def execute_cell_input(self, source: str, allow_stdin: bool | None = None) -> str:
        """Lay out what the cell's outputs were as messages, and return the id they answer to.

        Raises:
            NbCellError: the run had ended before this cell.
        """
        cell = self.cells[self.number] if source.strip() else nbformat.v4.new_code_cell(execution_count=0)
        if cell.execution_count is None:
            raise NbCellError(self.number, "was not run: the run that made this copy had ended before.", source)
        contents = [(output.output_type, dict(output)) for output in cell.outputs]
        done = ("status", {"execution_state": "idle"})
        header = {"msg_id": str(self.number)}
        self.messages = deque({"msg_type": t, "content": c, "parent_header": header} for t, c in (*contents, done))
        return header["msg_id"]

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message."""
        if not self.messages:
            raise Empty
        return self.messages.popleft()

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        """Return at once: what was asked for has long been answered."""

    def await_idle(self, parent_id: str, timeout: float | None = None) -> None:
        """Return at once."""

    def is_alive(self) -> bool:
        """Say that it is there to answer."""
        return True

    def stop(self) -> None:
        """There is nothing to stop."""


class RecordedNotebook(IPyNbFile):
    """A notebook whose cells are answered from its executed copy."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only contract cells are compared, as with --nbval-lax.
        self.compare_outputs = False

    @property
    def copy(self) -> Path:
        """The executed copy."""
        return self.config.rootpath / self.config.getoption("replay_from") / self.path.name

    def collect(self) -> Iterator[IPyNbCell]:
        """Yield a test for each code cell; a copy that is missing or was made by other code is refused."""
        try:
            check_copy(self.path, self.copy)
        except WorkspaceError as error:
            raise self.CollectError(str(error)) from None
        yield from super().collect()

    def setup(self) -> None:
        """Take the copy for a kernel."""
        self.kernel = RecordedKernel(nbformat.read(self.copy, as_version=4))
        self.setup_sanitize_files()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --replay-from."""
    group = parser.getgroup("replay", "Replay of executed notebooks")
    group.addoption("--replay-from", default="reports", metavar="FOLDER", help="Where the executed copies are.")


def pytest_configure(config: pytest.Config) -> None:
    """Take the collecting of notebooks over from nbval."""
    config.option.nbval = config.option.nbval_lax = False


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a notebook."""
    return RecordedNotebook.from_parent(parent, path=file_path) if file_path.suffix == ".ipynb" else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Turn the copy to the cell that is checked."""
    if isinstance(item.parent, RecordedNotebook):
        codes = [cell for cell in item.parent.nb.cells if cell.cell_type == "code"]
        item.parent.kernel.turn_to(sum(bool(cell.source.strip()) for cell in codes[: item.cell_num]))
