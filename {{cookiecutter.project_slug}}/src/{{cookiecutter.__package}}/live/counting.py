"""Where the processes of one service keep what they count, so that any of them can tell the sum.

BentoML has one folder for all services of a machine, and empties it whenever one of them starts.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def folder_of(process: int) -> Path:
    """Return the folder of the service whose first process this is."""
    return Path(tempfile.gettempdir(), f"live-metrics-{process}")


def begin() -> None:
    """Make an empty folder for the service of this process, which is gone when it ends."""
    folder = folder_of(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def join() -> None:
    """Let this process count where the one that started it has begun to."""
    folder = folder_of(os.getppid())
    if folder.is_dir():
        os.environ[VARIABLE] = str(folder)
