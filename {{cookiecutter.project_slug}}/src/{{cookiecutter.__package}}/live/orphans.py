"""A worker whose main process has been killed: nobody would replace or stop it, and its port would stay taken."""

from __future__ import annotations

import ctypes
import signal
import sys

# PR_SET_PDEATHSIG of <sys/prctl.h>.
PARENT_DEATH_SIGNAL = 1


def end_with_parent() -> None:
    """Let this process be asked to end when the one that started it does, where the system can do that (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
