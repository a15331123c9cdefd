"""The image of a Bento: which engine builds it, what it is called, and what its labels say."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec

ENGINES = ("docker", "podman", "buildah")
# Only the format of Docker has a place for HEALTHCHECK; podman and buildah leave it out by default.
BUILD = {
    "docker": ["docker", "build"],
    "podman": ["podman", "build", "--format", "docker"],
    "buildah": ["buildah", "build", "--format", "docker", "--layers"],
}
ANSWER_SECONDS = 30


class ImageError(RuntimeError):
    """An image can't be built; the message says what to do."""


class Released(msgspec.Struct):
    """What lineage.json, which travels in the Bento, says of its model."""

    version: str


def find_engine() -> str:
    """Return the first engine that is here and works.

    Raises:
        ImageError: none does.
    """
    here = [engine for engine in ENGINES if shutil.which(engine)]
    for engine in here:
        if works(engine):
            return engine
    if here:
        raise ImageError(f"{' and '.join(here)} can't be reached: start its daemon, or install podman or buildah.")
    raise ImageError("There is nothing here to build an image with: install docker, podman or buildah.")


def works(engine: str) -> bool:
    """Return whether an engine answers; docker's command can be there without its daemon."""
    try:
        asked = subprocess.run([engine, "version"], capture_output=True, timeout=ANSWER_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def build(engine: str, project: Path, tag: str, arguments: dict[str, str], *options: str) -> None:
    """Build the image, with the engine's own output in view.

    Raises:
        ImageError: the engine fails; what it said is above.
    """
    given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    done = subprocess.run([*BUILD[engine], "--tag", tag, *given, *options, "."], cwd=project, check=False)
    if done.returncode:
        raise ImageError(f"{engine} could not build the image: what it said is above.")


def tag_of(bento: Path) -> str:
    """Return what the image of a Bento is called: its name, and the version of its model."""
    name = re.search(r"^name: (\S+)$", (bento / "bento.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    return f"{name[1] if name else 'service'}:{version_of(bento)}"


def version_of(bento: Path) -> str:
    """Return the version of a Bento's model."""
    lineage = (bento / "src" / "models" / "lineage.json").read_bytes()
    # A tag takes fewer characters than a version.
    return re.sub(r"[^\w.-]", "-", msgspec.json.decode(lineage, type=Released).version)


def labels(project: Path, bento: Path) -> dict[str, str]:
    """Return what the Dockerfile is told for its labels: version, commit and licence."""
    described = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "VERSION": version_of(bento),
        "REVISION": revision(project),
        "LICENSES": described.get("license", "unknown"),
    }


def revision(project: Path) -> str:
    """Return the commit that is built, with `-dirty` if something isn't in it, or `unknown` without git."""
    describe = ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    try:
        done = subprocess.run(describe, cwd=project, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
