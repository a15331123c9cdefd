"""What the main process does about a worker that ends: another one takes its place, or the service ends as a whole.

BentoML looks after its workers every ten seconds, and starts one that can't start again and again, while the port is
open and nobody answers on it. Only its main process runs what is in here.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from bentoml._internal.utils import circus

from .settings import HOPELESS

CHECK_SECONDS = 0.25
MOST_ENDS, WITHIN_SECONDS = 5, 60.0


def install() -> None:
    """Let whatever BentoML starts from now on in this process be looked after by this supervisor."""
    if not issubclass(circus.Arbiter, Supervisor):
        circus.Arbiter = Supervisor  # type: ignore[misc]


class Supervisor(circus.Arbiter):
    """BentoML's, which notices a worker's end at once and knows when to give up."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{**named, "check_delay": CHECK_SECONDS})
        self.ends: deque[float] = deque(maxlen=MOST_ENDS)
        self.fault = ""

    def start(self, cb: Callable[[Any], Any] | None = None) -> None:
        """Run until the service is stopped; the process fails if it was given up."""
        super().start(cb)
        if self.fault:
            raise SystemExit(f"Error: {self.fault}")

    def stop(self) -> Any:
        """Stop listening, then let workers answer what they have accepted: here, nobody would ever accept."""
        self.sockets.close_all()
        return super().stop()

    def reap_processes(self) -> None:
        """Forget workers that have ended, once it is known how."""
        watchers = {pid: watcher for watcher in self.iter_watchers() for pid in watcher.processes}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid in watchers:
                watchers[pid].reap_process(pid, status)
                self.note(os.waitstatus_to_exitcode(status))

    def note(self, status: int) -> None:
        """Give the service up if the next worker would end as this one did."""
        self.ends.append(time.monotonic())
        often = len(self.ends) == MOST_ENDS and self.ends[-1] - self.ends[0] < WITHIN_SECONDS
        if not self.fault and (status == HOPELESS or often):
            self.fault = (
                "A worker could not start, and said why."
                if status == HOPELESS
                else f"Workers ended {MOST_ENDS} times within {WITHIN_SECONDS:.0f} seconds, so that the service ends."
            )
            # Not now: while it looks after workers, it takes no order to stop.
            self.loop.call_later(CHECK_SECONDS / 2, os.kill, os.getpid(), signal.SIGTERM)
