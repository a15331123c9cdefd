"""Docker for tests: the machine's own daemon, or one of our own with a base image made of Debian packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import debian
import pytest
from journey import environment, run
from services import process

START_SECONDS = 60
COMMAND_SECONDS = 300
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
# Python on a Debian without what Docker's official image leaves out, and the certificates that this machine trusts.
MMDEBSTRAP = [
    *("mmdebstrap", "--quiet", "--variant=minbase", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"),
    "--include=usr-is-merged,python3.11-venv",
    *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale")),
    f'--customize-hook=mkdir -p "$1/etc/ssl/certs" && cp {AUTHORITIES} "$1{AUTHORITIES}"',
    '--customize-hook=ln -sf python3.11 "$1/usr/bin/python"',
    "bookworm",
]


class Docker(NamedTuple):
    """A daemon that answers, and the image to build on."""

    variables: dict[str, str]
    base: str

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """Run `docker` to its end and return all that it said."""
        done = subprocess.run(
            ["docker", *arguments],
            env=environment() | self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert not (check and done.returncode), f"docker {' '.join(arguments)} failed:\n{done.stdout[-4000:]}"
        return done.stdout.strip()


@contextmanager
def docker() -> Iterator[Docker]:
    """Yield a Docker that works; skip the test, and say so, where there is none and none can be started."""
    if answers({}):
        yield Docker({}, "python:3.11-slim")
        return
    for package, program in (("docker.io", "dockerd"), ("mmdebstrap", "mmdebstrap")):
        if not shutil.which(program):
            debian.install(package)
        if os.geteuid() != 0 or not shutil.which(program):
            pytest.skip(
                f"NOT TESTED: no Docker daemon answers here, and without root and {package} none can be started."
            )
    with tempfile.TemporaryDirectory(prefix="docker-", dir="/tmp") as scratch, started(Path(scratch)) as variables:
        own = Docker(variables, "lab-to-live/python:3.11")
        base = Path(scratch, "base.tar")
        run([*MMDEBSTRAP, str(base)], Path(scratch))
        own("import", "--change", f"ENV PIP_CERT={AUTHORITIES}", str(base), own.base)
        yield own


@contextmanager
def started(folder: Path) -> Iterator[dict[str, str]]:
    """Run a daemon of our own, which keeps everything in a folder, and yield the variable that leads to it."""
    variables = {"DOCKER_HOST": f"unix://{folder}/docker.sock"}
    kept = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
    with process(["dockerd", *kept, f"--host={variables['DOCKER_HOST']}"], folder / "dockerd.log"):
        deadline = time.monotonic() + START_SECONDS
        while not answers(variables):
            if time.monotonic() > deadline or "failed to start daemon" in (folder / "dockerd.log").read_text():
                last = (folder / "dockerd.log").read_text(errors="replace").splitlines()[-1:]
                pytest.skip(f"NOT TESTED: dockerd does not start on this machine: {last}")
            time.sleep(0.2)
        yield variables


def answers(variables: dict[str, str]) -> bool:
    """Return whether a daemon answers."""
    if not shutil.which("docker"):
        return False
    asked = ["docker", "version", "--format", "{{.Server.Version}}"]
    done = subprocess.run(asked, env=environment() | variables, capture_output=True, timeout=30, check=False)
    return done.returncode == 0
