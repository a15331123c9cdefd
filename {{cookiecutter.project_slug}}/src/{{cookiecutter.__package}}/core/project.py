"""Where the project is, and where its runs and models are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class WorkspaceError(RuntimeError):
    """A file, a stage or the project itself can't be found; the message says what to do."""


def find_root(start: Path) -> Path:
    """Return the nearest folder above `start` that holds dvc.yaml and params.yaml.

    Raises:
        WorkspaceError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "dvc.yaml").exists() and (folder / "params.yaml").exists():
            return folder
    raise WorkspaceError(f"{start} is in no project: dvc.yaml and params.yaml are in none of the folders above it.")


def tracking_uri(root: Path, environ: Mapping[str, str]) -> str:
    """Return where MLflow records: MLFLOW_TRACKING_URI, or mlflow.db at the root."""
    uri = environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    relative = uri.removeprefix("sqlite:///")
    # A relative path would be another database for a notebook than for the terminal.
    return uri if relative in (uri, "") else f"sqlite:///{root / relative}"
