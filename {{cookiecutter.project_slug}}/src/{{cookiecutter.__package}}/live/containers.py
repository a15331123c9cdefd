"""An image, run for a moment as a careful platform runs it: no root, nothing to write to, no rights."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from .images import ImageError
from .server import free_port
from .settings import READY_SECONDS
from .smoke import SmokeError

LOCKED_DOWN = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
# It is reached from this machine alone, so nobody has to show a key.
OPEN = ["--env", "LIVE_AUTH=none"]
POLL_SECONDS = 0.5


@contextmanager
def running_image(engine: str, image: str) -> Iterator[str]:
    """Start a container, yield its URL on a free loopback port, and remove it afterwards.

    Raises:
        ImageError: it can't be started, or what was asked of it failed; the end of its log is in the message.
    """
    port = free_port()
    published = ["--publish", f"127.0.0.1:{port}:3000"]
    started = subprocess.run(
        [engine, "run", "--detach", *LOCKED_DOWN, *published, *OPEN, image], capture_output=True, text=True, check=False
    )
    if started.returncode:
        raise ImageError(f"{engine} can't run {image}: {last_line(started.stderr)}")
    container = started.stdout.strip().splitlines()[-1]
    try:
        wait_while_it_starts(engine, container, f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    except SmokeError as error:
        logs = subprocess.run([engine, "logs", container], capture_output=True, text=True, check=False)
        raise ImageError(f"{error} The log of {image} ends: {last_line(logs.stdout + logs.stderr)}") from None
    finally:
        subprocess.run([engine, "rm", "--force", container], capture_output=True, check=False)


def wait_while_it_starts(engine: str, container: str, url: str) -> None:
    """Return once it is ready, or has had its time; there is no use in waiting for one that has ended.

    Raises:
        SmokeError: it has ended.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (OSError, HTTPException):
            if has_ended(engine, container):
                raise SmokeError("Its container has ended before it was ready.") from None
        time.sleep(POLL_SECONDS)


def has_ended(engine: str, container: str) -> bool:
    """Return whether a container runs no more."""
    asked = subprocess.run([engine, "container", "inspect", container], capture_output=True, text=True, check=False)
    return asked.returncode == 0 and not json.loads(asked.stdout)[0]["State"]["Running"]


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it doesn't say why."
