"""Starting the process that turns finished spools into Parquet: its libraries take more memory than a model."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
MODULE = f"{PACKAGE.name}.live.predictions.publish"
# As long as a service that ends waits for it; what it hasn't done by then, the next one does.
ENDING_SECONDS = 4.0
logger = logging.getLogger(__name__)


class Publisher:
    """Has the finished spools of a folder published, by one child process at a time."""

    def __init__(self, folder: Path, retain_days: int) -> None:
        self.command = [sys.executable, "-m", MODULE, str(folder), "--retain-days", str(retain_days)]
        self.child: subprocess.Popen[bytes] | None = None
        self.wanted = False

    def ask(self) -> None:
        """Have the spools published as soon as nobody is at it."""
        self.wanted = True

    def tend(self) -> None:
        """Start a child if one is wanted, and take note of one that has ended."""
        if self.child and self.child.poll() is None:
            return
        if self.child and self.child.returncode:
            logger.error("Predictions could not be published: their spools stay, and the next attempt takes them.")
        self.child = None
        if self.wanted:
            self.wanted = False
            try:
                self.child = subprocess.Popen(self.command, env=environment(), start_new_session=True)
            except OSError as error:
                logger.error("No process could be started to publish predictions (%s).", type(error).__name__)

    def end(self) -> None:
        """Have published what is finished, and wait for that a little."""
        deadline = time.monotonic() + ENDING_SECONDS
        while (self.child or self.wanted) and time.monotonic() < deadline:
            self.tend()
            time.sleep(0.02)


def environment() -> dict[str, str]:
    """Return what the child sees of the environment: where the package is, and none of the service's secrets."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("LIVE_")}
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    return {**others, "PYTHONPATH": path}
