"""Building the Bento: the evaluated bytes, the production half of the package, and the serving lock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from .runtime import checked_bytes
from .settings import service_environment

PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = ("core", "live")


class PackagingError(RuntimeError):
    """A Bento can't be built."""


def build_bento(models: list[Path], requirements: Path, destination: Path, *, version: str) -> str:
    """Build a Bento from these model files into the folder `destination` and return its tag.

    The Bento's own store is a temporary one: the folder is the result, DVC keeps it and `bentoml serve` takes it.

    Raises:
        ModelFileError: the model's bytes aren't those its signature names.
        PackagingError: BentoML can't build it; the end of what it said is in the message.
    """
    with tempfile.TemporaryDirectory(prefix="bento-") as scratch:
        context = stage_files(models, requirements, Path(scratch, "context"))
        checked_bytes(context / "models")
        (context / "bentofile.yaml").write_bytes(msgspec.yaml.encode(recipe()))
        # In a process of its own, as BentoML settles on one store for as long as a process lives.
        done = subprocess.run(
            [sys.executable, "-m", "bentoml", "build", ".", "--version", version, "--output", "tag"],
            cwd=context,
            env={**service_environment(os.environ), "BENTOML_HOME": str(Path(scratch, "home"))},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise PackagingError(f"BentoML could not build the Bento: {' '.join(done.stderr.splitlines()[-3:])}")
        built = next(Path(scratch, "home", "bentos").glob(f"*/{version}"))
        shutil.rmtree(destination, ignore_errors=True)
        shutil.copytree(built, destination)
        destination.chmod(0o755)
        return f"{built.parent.name}:{version}"


def stage_files(models: list[Path], requirements: Path, context: Path) -> Path:
    """Lay out what the Bento will hold, and nothing else: no data, no notebooks, no environment files."""
    (context / "models").mkdir(parents=True)
    for path in models:
        shutil.copy2(path, context / "models" / path.name)
    shutil.copy2(requirements, context / "serve.txt")
    shutil.copy2(PACKAGE / "__init__.py", make(context / PACKAGE.name) / "__init__.py")
    for part in SHIPPED:
        shutil.copytree(PACKAGE / part, context / PACKAGE.name / part, ignore=shutil.ignore_patterns("__pycache__"))
    return context


def recipe() -> dict[str, Any]:
    """Return what bentofile.yaml says: the service, everything that was staged, and the lock as it is."""
    return {
        "service": f"{PACKAGE.name}.live.service:PredictionService",
        "include": ["**"],
        "python": {"requirements_txt": "serve.txt", "lock_packages": False},
    }


def make(folder: Path) -> Path:
    """Create a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
