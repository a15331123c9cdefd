"""One environment for all projects of a test run that have the same locks: made once, and copied as hard links.

Journeys make their own, as users do.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

import journey

PROGRAMS = Path(sys.executable).parent
# What nearly every job imports.
COMPILED = (
    *("dvc.cli", "dvc.repo", "mlflow.sklearn", "mlflow.onnx", "pandas", "sklearn.ensemble", "skl2onnx", "pandera"),
    *("bentoml", "_bentoml_impl.server.app", "onnxruntime", "nbval.plugin", "nbclient", "ipykernel.kernelapp"),
    *("matplotlib.pyplot", "hypothesis", "schemathesis", "duckdb", "optuna"),
)


def lay_down(project: Path, folder: Path) -> None:
    """Give a project its environment, before `make setup` compares every package in it with the lock."""
    subprocess.run(["cp", "-al", str(environment_of(project, folder)), str(project / ".venv")], check=True)


def environment_of(project: Path, folder: Path) -> Path:
    """Return an environment with exactly what the project's locks name, without the project; made once in a folder.

    It is relocatable: a copy of hard links, which takes a second, works where it lies.
    """
    locks = sorted((project / "requirements").glob("*.txt"))
    content = b"".join(path.read_bytes() for path in locks if path.name != "serve.txt")
    made = folder / f"environment-{hashlib.sha256(content).hexdigest()[:12]}"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make_environment(made, [str(path) for path in locks if path.name != "serve.txt"])
    return made


def make_environment(made: Path, locks: list[str]) -> None:
    """Install what locks name, and compile what nearly every job imports."""
    unfinished = made.with_suffix(".unfinished")
    uv, python = str(PROGRAMS / "uv"), str(unfinished / "bin" / "python")
    base = str(Path(sys.executable).resolve())
    journey.run([uv, "venv", "--quiet", "--relocatable", "--clear", "--python", base, str(unfinished)], made.parent)
    journey.run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", *locks], made.parent)
    journey.run([python, "-W", "ignore", "-c", f"import {', '.join(COMPILED)}"], made.parent)
    unfinished.rename(made)
