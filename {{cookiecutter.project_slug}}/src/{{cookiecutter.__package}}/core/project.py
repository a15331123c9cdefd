"""Where the project is, and where its runs and models are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# MLflow reports its use over the network and fills notebooks with its log, unless told not to before its import.
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


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


def is_recorded(uri: str) -> bool:
    """Return whether anything can have been recorded there: a SQLite file that isn't there holds nothing.

    MLflow would make one, and take seconds for it, only to find it empty.
    """
    path = uri.removeprefix("sqlite:///")
    return path == uri or Path(path).exists()
