"""A pytest plugin that really runs notebooks through nbval, on a sample, and records which came to their end.

nbval alone would wait for a dead kernel until the cell's time is over, and leaves what a kernel has started.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel
from nbval.plugin import IPyNbFile

from ...core.project import find_root
from ..files.faults import named_stage
from ..running.kernels import KernelEndedError, end_group
from ..running.records import keep_record

pytest_plugins = (f"{__package__}.verdicts",)
PASSED = pytest.StashKey[defaultdict[Path, set[str]]]()
LOOK_SECONDS = 0.5


class WatchedKernel(RunningKernel):
    """A kernel whose end is noticed at once, and which leaves no process behind."""

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """Return the next message.

        Raises:
            Empty: none came in `timeout` seconds.
            KernelEndedError: there is no kernel any more.
        """
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            try:
                return super().get_message(stream, timeout=max(0, min(LOOK_SECONDS, end - time.monotonic())))
            except Empty:
                if not self.is_alive():
                    end_group(self.km.provisioner.pgid)
                    raise KernelEndedError("The kernel ended while the cell ran.") from None
                if time.monotonic() >= end:
                    raise

    def stop(self) -> None:
        """End the kernel and all it has started."""
        group = self.km.provisioner.pgid
        super().stop()
        end_group(group)


class WatchedNotebook(IPyNbFile):
    """A notebook whose cells run in a watched kernel of this environment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only contract cells are compared, as with --nbval-lax.
        self.compare_outputs = False

    def setup(self) -> None:
        """Start the kernel in the notebook's folder."""
        seconds = self.config.option.nbval_kernel_startup_timeout
        self.kernel = WatchedKernel(CURRENT_ENV_KERNEL_NAME, cwd=str(self.path.parent), startup_timeout=seconds)
        self.setup_sanitize_files()


def pytest_configure(config: pytest.Config) -> None:
    """Take the collecting of notebooks over from nbval."""
    config.option.nbval = config.option.nbval_lax = False
    config.stash[PASSED] = defaultdict(set)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a notebook: a test for each code cell."""
    return WatchedNotebook.from_parent(parent, path=file_path) if file_path.suffix == ".ipynb" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note which cells have passed, or are skipped on purpose."""
    report = yield
    if report.when == "call" and not report.failed:
        item.config.stash[PASSED][item.path].add(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Record each notebook of which every cell has passed."""
    cells = defaultdict(set)
    for item in session.items:
        cells[item.path].add(item.nodeid)
    for path, ids in cells.items():
        if ids == session.config.stash[PASSED][path] and os.environ.get("LAB_PROFILE") == "smoke":
            root = find_root(path.parent)
            keep_record(root, named_stage(root, path.stem))
