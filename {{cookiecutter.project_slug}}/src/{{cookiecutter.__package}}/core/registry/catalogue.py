"""What MLflow's registry holds under a name. Imports MLflow: only what records or releases imports this."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import mlflow.artifacts
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from .entries import CHAMPION, GATE, IMAGE, SHA256, SIGNATURE, TRAINED_ON, VERSION, Version
from .errors import StoreError

Answer = TypeVar("Answer")
# A store that others write to at this moment says one of these; what is wrong for good has another code.
BUSY = ("TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "BAD_REQUEST")
PATIENCE_SECONDS = 20
LONGEST_PAUSE_SECONDS = 0.5
# As many as MLflow returns at once, so that a reading is of one moment.
AT_ONCE = 10_000


def asked(call: Callable[..., Answer], *arguments: Any, **named: Any) -> Answer:
    """Call MLflow, and again for a few seconds where its store is busy.

    A call may so be carried out twice: only what does no harm then may be asked here.

    Raises:
        StoreError: it can't be done, or not in time; the message repeats the first line of MLflow's.
    """
    deadline, pause = time.monotonic() + PATIENCE_SECONDS, 0.02
    while True:
        try:
            return call(*arguments, **named)
        except MlflowException as error:
            if error.error_code not in BUSY or time.monotonic() > deadline:
                raise StoreError(f"MLflow's store can't be used as it is: {first_line(error)}") from None
        # Not all at the same time again.
        time.sleep(random.uniform(0, pause))
        pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, with a full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return f"{lines[0].rstrip('.')}."


def named(name: str) -> str:
    """Return the search for what has this name."""
    quote = '"' if "'" in name else "'"
    return f"name = {quote}{name}{quote}"


def exists(client: MlflowClient, name: str) -> bool:
    """Return whether anything is registered under a name."""
    return bool(asked(client.search_registered_models, named(name)))


def make(client: MlflowClient, name: str) -> None:
    """Make a registered model unless there is one, or somebody makes it at this moment."""
    if exists(client, name):
        return
    try:
        asked(client.create_registered_model, name)
    except StoreError:
        if not exists(client, name):
            raise


def entries(client: MlflowClient, name: str) -> list[ModelVersion]:
    """Return MLflow's versions of a registered model, the oldest first; none if there is no such model."""
    found: list[ModelVersion] = []
    token: str | None = None
    while token is None or token:
        page = asked(client.search_model_versions, named(name), AT_ONCE, ["version_number ASC"], token)
        found += page
        token = page.token or ""
    return sorted(found, key=lambda entry: int(entry.version))


def versions(client: MlflowClient, name: str) -> list[Version]:
    """Return what is registered under a name, the oldest first."""
    return [version_of(entry) for entry in entries(client, name)]


def version_of(entry: ModelVersion) -> Version:
    """Return what MLflow knows of a version."""
    keys = {"version": VERSION, "sha256": SHA256, "signature": SIGNATURE, "trained_on": TRAINED_ON}
    keys |= {"gate": GATE, "image": IMAGE}
    return Version(
        number=int(entry.version),
        run_id=entry.run_id or "",
        created=entry.creation_timestamp,
        **{field: entry.tags.get(tag, "") for field, tag in keys.items()},
    )


def champion_number(client: MlflowClient, name: str) -> int | None:
    """Return the number of the version that has the alias `champion`, or None if none has."""
    return aliases(client, name).get(CHAMPION)


def aliases(client: MlflowClient, name: str) -> dict[str, int]:
    """Return the number of the version that each alias names."""
    found = asked(client.search_registered_models, named(name))
    return {alias: int(number) for alias, number in found[0].aliases.items()} if found else {}


def model_file(client: MlflowClient, name: str, number: int, path: str) -> bytes:
    """Return a file of a registered version's model; `path` is below its folder.

    Raises:
        StoreError: it can't be had, in a sentence without the place where MLflow keeps it.
    """
    home = asked(client.get_model_version_download_uri, name, str(number))
    return fetched(path, artifact_uri=f"{home.rstrip('/')}/{path}")


def run_file(run_id: str, path: str) -> bytes:
    """Return a file that a run has logged.

    Raises:
        StoreError: it can't be had.
    """
    return fetched(path, run_id=run_id, artifact_path=path)


def fetched(path: str, **where: str) -> bytes:
    """Return a file of MLflow's artifact store; `where` is what MLflow's download takes."""
    with tempfile.TemporaryDirectory(prefix="mlflow-") as folder:
        try:
            return Path(mlflow.artifacts.download_artifacts(**where, dst_path=folder)).read_bytes()
        except Exception as error:
            # Whatever the store is, a disk, a bucket or a server, it has errors of its own.
            raise StoreError(f"{path} can't be had from MLflow's store ({type(error).__name__}).") from None


def run_tags(client: MlflowClient, run_id: str) -> dict[str, str]:
    """Return the tags of a run; none if the store doesn't know it."""
    try:
        return asked(client.get_run, run_id).data.tags if run_id else {}
    except StoreError:
        return {}
