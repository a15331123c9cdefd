"""Docker Compose for tests, and the images beside the service, made of programs that are here or come from Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import debian
import pytest
from containers import Docker
from journey import environment

PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose"


def compose(engine: Docker, folder: Path) -> dict[str, str]:
    """Return the environment in which `docker compose` works; skip the test, and say so, where it can't be had."""
    known = environment() | engine.variables
    if works(known):
        return known
    found = debian.unpack("docker-compose", folder / "compose", "trixie")
    plugins = folder / "docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    if found:
        shutil.copy2(found / PLUGIN, plugins / "docker-compose")
    known |= {"DOCKER_CONFIG": str(plugins.parent)}
    if not works(known):
        pytest.skip("NOT TESTED: there is no `docker compose` here, nor a way to get it (Debian: docker-compose).")
    return known


def works(environ: dict[str, str]) -> bool:
    """Return whether `docker compose` answers."""
    asked = ["docker", "compose", "version"]
    return subprocess.run(asked, env=environ, capture_output=True, timeout=30, check=False).returncode == 0


def image(engine: Docker, folder: Path, tag: str, program: Path) -> str:
    """Make an image of one program on the base of all, and return its tag."""
    context = folder / tag.replace("/", "-").replace(":", "-")
    context.mkdir()
    shutil.copy2(program, context / "program")
    name = program.name
    lines = [f"FROM {engine.base}", f"COPY program /usr/local/bin/{name}", f'ENTRYPOINT ["{name}"]']
    (context / "Dockerfile").write_text("\n".join(lines) + "\n", encoding="utf-8")
    engine("build", "--quiet", "--tag", tag, str(context))
    return tag


def traefik(engine: Docker, folder: Path) -> str:
    """Return an image of the Traefik that the template's environment holds."""
    return image(engine, folder, "lab-to-live-test/traefik:1", Path(sys.executable).with_name("traefik").resolve())


def prometheus(engine: Docker, folder: Path) -> str:
    """Return an image of Debian's Prometheus; skip the test, and say so, where it can't be had."""
    return image(engine, folder, "lab-to-live-test/prometheus:1", prometheus_program(folder, "prometheus"))


def prometheus_program(folder: Path, name: str) -> Path:
    """Return `prometheus` or `promtool`, this machine's own or Debian's, unpacked but not installed."""
    if own := shutil.which(name):
        return Path(own)
    found = debian.unpack("prometheus", folder / "debian", "bookworm")
    if not found:
        pytest.skip(f"NOT TESTED: there is no {name} here, nor a way to get it (Debian: prometheus).")
    return found / "usr" / "bin" / name


def removed(environ: dict[str, str], folder: Path) -> None:
    """Stop and remove what a deploy to this folder left, volumes too."""
    if (folder / ".env").exists():
        command = ["docker", "compose", "--project-directory", str(folder), "down", "--volumes", "--timeout", "2"]
        subprocess.run(command, env=environ, capture_output=True, check=False, timeout=120, cwd=os.sep)
