"""Starting the service as a process, waiting until it answers, and stopping it again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .runtime import ModelFileError, checked_bytes
from .settings import GRACEFUL_SECONDS, READY_SECONDS, service_environment


class ServerError(RuntimeError):
    """The service can't be started or doesn't become ready; the message says what to do."""


def command(bento: Path, host: str, port: int, python: str = sys.executable) -> list[str]:
    """Return the command that serves a Bento folder; BentoML finds only absolute ones."""
    serve = [python, "-m", "bentoml", "serve", str(bento.resolve()), "--host", host, "--port", str(port)]
    return [*serve, "--timeout-graceful-shutdown", str(GRACEFUL_SECONDS)]


def check_bento(bento: Path) -> None:
    """Make sure there is a Bento with an undamaged model in it.

    Raises:
        ServerError: there is no Bento, or its model isn't the one it was built with.
    """
    if not (bento / "bento.yaml").exists():
        raise ServerError(f"There is no Bento in {bento}: run `make pipeline` first.")
    try:
        checked_bytes(bento / "src" / "models")
    except ModelFileError as error:
        raise ServerError(str(error)) from None


def check_port(host: str, port: int) -> None:
    """Make sure a port can be listened on.

    Raises:
        ServerError: another process has it, or it may not be used.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ServerError(
                f"Port {port} on {host} can't be used ({reason.lower()}): stop what listens there, "
                f"or take another with `make serve PORT={port % 65535 + 1}`."
            ) from None


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(bento: Path, python: str = sys.executable) -> Iterator[str]:
    """Serve a Bento on a free loopback port, yield its URL once it is ready, and stop it afterwards.

    `python` may be the interpreter of another environment, such as one that holds requirements/serve.txt alone.

    Raises:
        ServerError: it ended or stayed silent for READY_SECONDS; the end of its log is in the message.
    """
    check_bento(bento)
    host, port = "127.0.0.1", free_port()
    with tempfile.TemporaryDirectory(prefix="serve-") as scratch:
        log = Path(scratch, "serve.log")
        with log.open("w") as output:
            process = subprocess.Popen(
                command(bento, host, port, python),
                stdout=output,
                stderr=subprocess.STDOUT,
                # What is asked here is a test, and nobody's prediction.
                env={**service_environment(os.environ), "LIVE_PREDICTIONS": ""},
                start_new_session=True,
            )
        try:
            wait_until_ready(f"http://{host}:{port}", process, log)
            yield f"http://{host}:{port}"
        finally:
            stop(process)


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when /readyz says yes; raise ServerError when the process ends or time runs out first."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    last = " ".join(log.read_text(encoding="utf-8").splitlines()[-3:])
    raise ServerError(f"The service did not become ready on {url}; its log ends: {last}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, and end its whole process group if it doesn't."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=GRACEFUL_SECONDS + 5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
