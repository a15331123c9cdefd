"""An image, pushed to a registry once, and named by its digest from then on: a tag can come to mean another one."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .containers import last_line
from .images import ImageError

# What REGISTRY_LOGIN says where the registry is GitHub's own, which takes the token of a workflow.
GITHUB = "github"


def publish(engine: str, tag: str, repository: str, environ: Mapping[str, str]) -> str:
    """Push a local image to a repository under its own version, and return NAME@sha256:….

    REGISTRY_USER and REGISTRY_PASSWORD are who does it, where the registry asks.

    Raises:
        ImageError: the registry doesn't take it, or it is no name of a repository.
    """
    if not re.fullmatch(r"[\w.-]+(:\d+)?(/[a-z0-9._-]+)+", repository):
        raise ImageError(
            f"{repository!r} is no repository of images: it has to look like registry.example.org/me/flights."
        )
    target = f"{repository}:{tag.rpartition(':')[2]}"
    with tempfile.TemporaryDirectory(prefix="registry-") as folder:
        # What logging in leaves behind goes with the folder.
        private = {**environ, "DOCKER_CONFIG": folder, "REGISTRY_AUTH_FILE": f"{folder}/config.json"}
        log_in(engine, repository.split("/", 1)[0], private)
        call([engine, "tag", tag, target], private)
        return f"{repository}@{push(engine, target, repository, Path(folder), private)}"


def log_in(engine: str, server: str, environ: Mapping[str, str]) -> None:
    """Log in where there is somebody to log in as; a registry on one's own machine may ask nobody.

    A workflow's own token is shown only where REGISTRY_LOGIN says that the registry is GitHub's.
    """
    user, password = environ.get("REGISTRY_USER", ""), environ.get("REGISTRY_PASSWORD", "")
    if not password and environ.get("REGISTRY_LOGIN") == GITHUB:
        user, password = user or environ.get("GITHUB_ACTOR", ""), environ.get("GITHUB_TOKEN", "")
    if user and password:
        call([engine, "login", "--username", user, "--password-stdin", server], environ, password)


def push(engine: str, target: str, repository: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Push, and return the digest that the registry knows the image by."""
    if engine == "docker":
        call(["docker", "push", "--quiet", target], environ)
        known = json.loads(call(["docker", "image", "inspect", target], environ))[0]["RepoDigests"]
        return next(name.partition("@")[2] for name in known if name.startswith(f"{repository}@"))
    written = folder / "digest"
    call([engine, "push", "--digestfile", str(written), target], environ)
    return written.read_text(encoding="utf-8").strip()


def call(command: list[str], environ: Mapping[str, str], given: str = "") -> str:
    """Run the engine and return what it said.

    Raises:
        ImageError: it fails.
    """
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=dict(environ), check=False)
    if done.returncode:
        raise ImageError(f"`{command[0]} {command[1]} {command[-1]}` failed: {last_line(done.stderr)}")
    return done.stdout


def what_is_missing(repository: str, environ: Mapping[str, str]) -> str:
    """Return what a workflow has to be told before it can push or deploy; nothing where it knows."""
    if not repository:
        return "it stays here: set the variable IMAGE_REPOSITORY, such as registry.example.org/me/flights."
    if not any(environ.get(name) for name in ("STAGING_HOST", "PRODUCTION_HOST")):
        return "nothing is deployed: set the variable STAGING_HOST or PRODUCTION_HOST, such as ssh://me@host."
    return ""
