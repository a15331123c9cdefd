"""Running a notebook from top to bottom in a fresh kernel, with a line of progress for each cell."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from ...core.writing import replacing
from ..files.notebooks import CONTRACT, first_line
from .kernels import end_group

SAMPLE_SECONDS = 0.05
Say = Callable[[str], None]


class RunError(RuntimeError):
    """A notebook did not run to its end; the message names the cell and the reason."""


class MemoryPeak:
    """Samples a process's resident memory in the background and remembers the most since it was last asked."""

    def __init__(self, pid: int) -> None:
        self.process = psutil.Process(pid)
        self.most = 0
        self.done = threading.Event()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self) -> None:
        """Sample until stopped or until the process is gone."""
        while not self.done.wait(SAMPLE_SECONDS) and self.sample():
            pass

    def sample(self) -> bool:
        """Take one sample; return False when the process is gone."""
        try:
            self.most = max(self.most, self.process.memory_info().rss)
        except psutil.Error:
            return False
        return True

    def take(self) -> float:
        """Return the most in MB since the last call, and start over."""
        self.sample()
        most, self.most = self.most, 0
        return most / 1e6


class Progress:
    """Turns nbclient's events into one line for each code cell: n of N, seconds, peak memory, first line."""

    def __init__(self, notebook: Any, say: Say) -> None:
        code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]
        self.order = {index: n for n, index in enumerate(code, start=1)}
        self.say = say
        self.started = 0.0
        self.memory: MemoryPeak | None = None

    def watch(self, pid: int) -> None:
        """Begin to sample the kernel's memory."""
        self.memory = MemoryPeak(pid)

    def on_start(self, cell: Any, cell_index: int) -> None:
        """Remember when a cell began."""
        self.started = time.monotonic()
        if self.memory:
            self.memory.take()

    def on_end(self, cell: Any, cell_index: int, **_: Any) -> None:
        """Say that a cell has ended."""
        if cell_index in self.order:
            seconds, megabytes = time.monotonic() - self.started, self.memory.take() if self.memory else 0.0
            place = f"[{self.order[cell_index]:>2}/{len(self.order)}]"
            self.say(f"  {place} {seconds:6.1f} s {megabytes:6.0f} MB  {first_line(cell.source)}")


def run_notebook(source: Path, destination: Path, say: Say, *, cell_seconds: float | None = None) -> None:
    """Run `source` and save the executed copy to `destination`, whether it succeeds or fails.

    A cell may take `cell_seconds`, or as long as it likes. However it ends, no process of the kernel lives on.

    Raises:
        RunError: a cell raised an error, took too long, killed its kernel, or wrote to stderr beside a contract.
    """
    notebook = nbformat.read(source, as_version=4)
    progress = Progress(notebook, say)
    client = NotebookClient(
        notebook,
        timeout=cell_seconds,
        kernel_name="python3",
        record_timing=False,
        # What cells and kernel tell each other is encrypted where the kernel can do it; ipykernel warns otherwise.
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        resources={"metadata": {"path": str(source.parent)}},
        on_cell_start=progress.on_start,
        on_cell_executed=progress.on_end,
    )
    group = None
    try:
        with client.setup_kernel(env={**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}):
            group = client.km.provisioner.pgid
            progress.watch(client.km.provisioner.pid)
            run_cells(client, source)
    finally:
        end_group(group)
        save_copy(notebook, destination)


def save_copy(notebook: Any, destination: Path) -> None:
    """Write the executed copy in one step: whoever is killed meanwhile leaves the old copy or none."""
    with replacing(destination) as unfinished:
        nbformat.write(notebook, unfinished)


def run_cells(client: NotebookClient, source: Path) -> None:
    """Execute every cell in order, and turn what nbclient raises into one sentence."""
    cells = client.nb.cells
    codes = [index for index, cell in enumerate(cells) if cell.cell_type == "code" and cell.source.strip()]
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    for number, index in enumerate(codes, start=1):
        where = f"{source.name}: cell {number} of {len(codes)} (`{first_line(cells[index].source)}`)"
        try:
            client.execute_cell(cells[index], index, execution_count=number)
        except CellExecutionError as error:
            raise RunError(f"{where} failed with {error.ename}: {error.evalue}") from None
        except DeadKernelError:
            raise RunError(f"{where} {end_of_kernel(client)}") from None
        except CellTimeoutError:
            client.shutdown_kernel = "immediate"
            raise RunError(
                f"{where} did not end within {client.timeout:g} s, and its kernel was stopped. "
                "Give it more with LAB_CELL_SECONDS in .env, or `lab run --cell-seconds`."
            ) from None
        check_stderr(cells[index], where)


def end_of_kernel(client: NotebookClient) -> str:
    """Say how the kernel ended while a cell ran: killed from outside, or by the cell itself."""
    process = client.km.provisioner.process
    code = process.poll() if process else None
    if code in (None, -9):
        return "killed its kernel; if memory ran out, set data.rows in params.yaml."
    way = "by itself" if code >= 0 else f"by signal {-code}"
    return f"ended its kernel {way} (exit code {code}); take out what does, such as os._exit or a crashing library."


def check_stderr(cell: Any, where: str) -> None:
    """Raise RunError if a contract cell wrote to stderr: nbval, which compares all it shows, would fail on it."""
    written = [output.text for output in cell.outputs if output.get("name") == "stderr"]
    if written and CONTRACT in cell.metadata.get("tags", []):
        line = next((line for line in "".join(written).splitlines() if line.strip()), "")
        raise RunError(
            f"{where} is a contract cell and wrote to stderr ({line.strip()[:80]!r}). "
            "It may print its verdict alone: move what warns to a cell before it."
        )
