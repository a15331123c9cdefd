"""Building the Bento: the evaluated bytes, the production half of the package, and the serving lock."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from .runtime import checked_bytes

PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = ("core", "live")


def build_bento(models: list[Path], requirements: Path, destination: Path, *, version: str) -> str:
    """Build a Bento from these model files into the folder `destination` and return its tag.

    The Bento's own store is a temporary one: the folder is the result, DVC keeps it and `bentoml serve` takes it.

    Raises:
        ModelFileError: the model's bytes aren't those its signature names.
    """
    with tempfile.TemporaryDirectory(prefix="bento-") as scratch:
        context = stage_files(models, requirements, Path(scratch, "context"))
        checked_bytes(context / "models")
        os.environ["BENTOML_HOME"] = str(Path(scratch, "home"))
        os.environ["BENTOML_DO_NOT_TRACK"] = "True"
        import bentoml

        bento = bentoml.build(
            f"{PACKAGE.name}.live.service:PredictionService",
            build_ctx=str(context),
            version=version,
            include=["**"],
            python={"requirements_txt": "serve.txt", "lock_packages": False},
        )
        shutil.rmtree(destination, ignore_errors=True)
        shutil.copytree(bento.path, destination)
        destination.chmod(0o755)
        return str(bento.tag)


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


def make(folder: Path) -> Path:
    """Create a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
