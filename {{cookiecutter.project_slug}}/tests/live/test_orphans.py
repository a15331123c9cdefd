"""A worker ends with the process that started it, however that ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from {{cookiecutter.__package}}.live import orphans

WORKER = f"""
import time
from {orphans.__name__} import end_with_parent
end_with_parent()
print("well", flush=True)
time.sleep(60)
"""
PARENT = f"""
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", {WORKER!r}], stdout=subprocess.PIPE)
worker.stdout.readline()
print(worker.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has gone")
def test_a_worker_whose_parent_is_killed_ends():
    """Without a word from it."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        worker = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_there(worker):
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.02)


def is_there(process: int) -> bool:
    """Return whether a process runs; one that has ended and waits for its parent doesn't."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
