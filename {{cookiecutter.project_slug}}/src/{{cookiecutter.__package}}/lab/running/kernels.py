"""Ending kernels so that nothing they have started lives on."""

from __future__ import annotations

import contextlib
import os
import signal


class KernelEndedError(RuntimeError):
    """A kernel ended while a cell ran."""


def end_group(group: int | None) -> None:
    """Kill what is left of a kernel's process group; a kernel starts as the leader of a group of its own."""
    if group and hasattr(os, "killpg") and group != os.getpgrp():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
