"""A pytest plugin that ends with one sentence for each notebook cell that failed: which, why, and the way out."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from nbval.plugin import IPyNbCell

from ..files.notebooks import first_line
from ..running.kernels import KernelEndedError

SENTENCES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin without sentences."""
    config.stash[SENTENCES] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note why a cell failed."""
    report = yield
    if report.failed and call.excinfo and isinstance(item, IPyNbCell):
        item.config.stash[SENTENCES].append(sentence(item, call.excinfo.value))
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say what was noted, as the very last thing."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    for text in config.stash[SENTENCES] if terminal else ():
        terminal.write_line(text, red=True)


def sentence(item: IPyNbCell, error: BaseException) -> str:
    """Return which cell failed, why, and the way out."""
    codes = [cell for cell in item.parent.nb.cells if cell.cell_type == "code"]
    number, total = (sum(bool(cell.source.strip()) for cell in cells) for cells in (codes[: item.cell_num + 1], codes))
    line = first_line(item.cell.source)
    return f"{item.path.name}: cell {number} of {total} (`{line}`) {reason(item, error)}"


def reason(item: IPyNbCell, error: BaseException) -> str:
    """Return why a cell failed and what to do."""
    shown = item.test_outputs or []
    raised = next((out for out in shown if out.output_type == "error"), None)
    if isinstance(error, KernelEndedError):
        return "ended its kernel: take out what does, such as os._exit, or set fewer data.rows in params.smoke.yaml."
    if "Timeout" in str(error):
        return "did not end in time, and its kernel was stopped; `lab check --cell-seconds` gives it more."
    if raised:
        return f"failed with {raised.ename}: {raised.evalue}"
    if any(out.get("name") == "stderr" for out in shown):
        return "is a contract cell and wrote to stderr: move what warns to a cell before it."
    if "differ" in str(error):
        return f"shows something else than it promises; if that is right, `lab accept {item.path.stem}` keeps it."
    if "Unrun" in str(error):
        return "keeps an output although it was never run: clear that output, or run the notebook and save it."
    return str(error)
