"""Debian packages that a test needs beside Python's: a browser, a database."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from journey import run


def install(package: str) -> None:
    """Install a package where that is possible: as root, one test at a time, with fresh lists of what there is."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    with Path(tempfile.gettempdir(), "lab-to-live-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(["apt-get", "update", "--quiet"], Path("/"), check=False)
        run(["apt-get", "install", "--yes", "--quiet", package], Path("/"), check=False)
