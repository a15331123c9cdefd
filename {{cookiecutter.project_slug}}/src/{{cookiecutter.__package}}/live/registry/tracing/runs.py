"""What MLflow knows of a model: its versions, and the runs that trained it. Imports MLflow: only commands do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, ViewType
from mlflow.entities import Run as Recorded
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from ....core.lineage import Lineage
from ....core.project import tracking_uri
from ....core.registry import catalogue
from ....core.registry.entries import MODEL_MD5, MODEL_SHA256, Version
from ....core.registry.errors import StoreError
from ....core.registry.server import require_answer

INPUT = "input."
PAGE = 1000


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run that trained a model; `started` in seconds since 1970. `sha256` and `md5` are empty where it doesn't say.

    `source` is where this is known from: MLflow, or the lineage.json that was made with the model.
    """

    id: str
    commit: str
    dirty: bool
    inputs: dict[str, str]
    source: str
    name: str = ""
    experiment: str = ""
    started: float = 0
    deleted: bool = False
    sha256: str = ""
    md5: str = ""


class Store(NamedTuple):
    """MLflow's store, and what it has registered under the project's name."""

    client: MlflowClient
    name: str
    experiments: dict[str, str]
    versions: tuple[Version, ...]


def open_store(root: Path, name: str, environ: Mapping[str, str]) -> Store:
    """Return MLflow's store with the versions and the experiments of a model.

    Raises:
        StoreError: there is none, or it can't be used.
    """
    uri = tracking_uri(root, environ)
    path = Path(uri.removeprefix("sqlite:///"))
    # MLflow would make an empty database.
    if uri.startswith("sqlite:///") and not path.exists():
        raise StoreError(
            f"There is no {path.name} here, in which runs are recorded: set MLFLOW_TRACKING_URI to where they are."
        )
    require_answer(uri)
    with sentences():
        client = MlflowClient(uri, uri)
        named = (client.get_experiment_by_name(known) for known in (name, f"{name}-drafts"))
        experiments = {found.experiment_id: found.name for found in named if found}
        return Store(client, name, experiments, tuple(load_versions(client, name)))


@contextmanager
def sentences() -> Iterator[None]:
    """Turn what MLflow says where its store can't be used into one sentence.

    Raises:
        StoreError: always, where MLflow or its database raises.
    """
    try:
        yield
    except (MlflowException, SQLAlchemyError) as error:
        raise StoreError(f"MLflow's store can't be used as it is: {catalogue.first_line(error)}") from None


def load_versions(client: MlflowClient, name: str) -> Iterator[Version]:
    """Yield the registered versions, the newest first, with their aliases."""
    known = catalogue.aliases(client, name)
    for version in reversed(catalogue.versions(client, name)):
        named = sorted(alias for alias, number in known.items() if number == version.number)
        yield msgspec.structs.replace(version, aliases=tuple(named))


def load_run(store: Store, run_id: str) -> Run | None:
    """Return a run, a deleted one too, or None if this store doesn't know it.

    Raises:
        StoreError: the store fails.
    """
    with sentences():
        try:
            return run_of(store, store.client.get_run(run_id))
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
    return None


def runs_tagged(store: Store, tag: str, hash: str) -> list[Run]:
    """Return the runs that say of themselves that they made the model with this hash, the oldest first."""
    return search(store, f"tags.`{tag}` = '{hash}'")


def training_runs(store: Store) -> list[Run]:
    """Return all runs that trained a model, the oldest first."""
    return search(store, "tags.stage = 'train'")


def search(store: Store, wanted: str) -> list[Run]:
    """Return the runs of the model's experiments that a filter lets pass, deleted ones too, the oldest first."""
    if not store.experiments:
        return []
    homes, order = list(store.experiments), ["attributes.start_time ASC"]
    with sentences():
        pages = paged(lambda token: store.client.search_runs(homes, wanted, ViewType.ALL, PAGE, order, token))
        return [run_of(store, run) for run in pages]


def paged(fetch: Callable[[str | None], Any]) -> Iterator[Any]:
    """Yield what MLflow returns page by page."""
    token = None
    while True:
        page = fetch(token)
        yield from page
        token = page.token
        if not token:
            return


def run_of(store: Store, recorded: Recorded) -> Run:
    """Return what MLflow recorded of a run."""
    info, tags = recorded.info, recorded.data.tags
    return Run(
        id=info.run_id,
        commit=tags.get("git.commit", ""),
        dirty=tags.get("git.dirty") == "true",
        inputs={name.removeprefix(INPUT): value for name, value in tags.items() if name.startswith(INPUT)},
        source="MLflow",
        name=info.run_name or "",
        experiment=store.experiments.get(info.experiment_id, f"experiment {info.experiment_id}"),
        started=info.start_time / 1000,
        deleted=info.lifecycle_stage == LifecycleStage.DELETED,
        sha256=tags.get(MODEL_SHA256, ""),
        md5=tags.get(MODEL_MD5, ""),
    )


def run_of_lineage(lineage: Lineage) -> Run:
    """Return what a model's own lineage says of the run that made it."""
    return Run(
        id=lineage.run_id,
        commit=lineage.git_commit,
        dirty=lineage.git_dirty,
        inputs=lineage.inputs,
        source="lineage.json",
    )
