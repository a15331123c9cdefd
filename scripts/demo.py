"""From the template to a served prediction: bake, set up, run the pipeline, serve, ask, stop, and say what it took."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bake import TEMPLATE, bake, commit_all

READY_SECONDS = 60
took: dict[str, float] = {}


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, and remember how long it took."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    yield
    took[title] = time.monotonic() - started


def make(project: Path, *arguments: str) -> None:
    """Run a task of the baked project, with its output in view."""
    subprocess.run(["make", "--no-print-directory", *arguments], cwd=project, check=True, env=clean_environment())


def clean_environment() -> dict[str, str]:
    """Return the environment without the template's own virtual environment and make flags.

    Where an image forbids Python to keep what it compiles, every process would compile every import anew.
    """
    hidden = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def free_port() -> int:
    """Return a port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(project: Path, port: int) -> Iterator[None]:
    """Run `make serve` until the block ends; wait until it is ready first."""
    command = ["make", "--no-print-directory", "serve", f"PORT={port}"]
    server = subprocess.Popen(command, cwd=project, env=clean_environment(), start_new_session=True)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", server)
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=READY_SECONDS)
        wait_until_gone(server.pid)


def wait_until_gone(group: int) -> None:
    """Return once nothing of a process group is left: make ends before the service that it has started."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return once the URL answers; stop the demo if the server ends or stays silent."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"The service did not become ready on {url}; its output is above.")


def main() -> None:
    """Run the whole path once."""
    folder = TEMPLATE / "build" / "demo"
    with step("Bake the template with its defaults"):
        shutil.rmtree(folder, ignore_errors=True)
        project = bake(folder)
        commit_all(project)
        print(project)
    with step("Set up its environment (make setup)"):
        make(project, "setup")
    with step("Run its notebooks and build the Bento (make pipeline)"):
        make(project, "pipeline")
    port = free_port()
    with step("Serve it and ask about one real flight (make serve, make predict)"), served(project, port):
        flight = json.loads((project / "models" / "golden.json").read_text(encoding="utf-8"))["rows"][0]
        print("The flight:", json.dumps(flight), flush=True)
        make(project, "predict", f"PORT={port}")
    print("\nWhat it took:")
    for title, seconds in {**took, "altogether": sum(took.values())}.items():
        print(f"  {seconds:6.1f} s  {title}")
    print(f"\nThe project is in {project.relative_to(TEMPLATE)}: go there, and run `make lab`.")


if __name__ == "__main__":
    main()
