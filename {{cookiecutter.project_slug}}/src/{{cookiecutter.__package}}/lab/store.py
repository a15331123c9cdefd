"""MLflow's store: whether its server answers, and what killed processes have left open in it."""

from __future__ import annotations

import socket
import uuid
from urllib.parse import urlsplit

import psutil
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

WRITER = "writer"
ANSWER_SECONDS = 5
# A process's start is reckoned from the machine's own start, which moves when its clock is set.
CLOCK_SECONDS = 5


class StoreError(RuntimeError):
    """The MLflow server can't be used; the message says which setting names it, and what to do."""


def require_answer(uri: str) -> None:
    """Make sure that a server answers where the tracking URI names one; a database needs none.

    MLflow itself would try again for minutes before it says anything.

    Raises:
        StoreError: nothing answers there in time, or it wants a password, or it is no MLflow server.
    """
    if urlsplit(uri).scheme not in ("http", "https"):
        return
    try:
        status = asked(uri)
    except MlflowException:
        raise StoreError(
            f"MLFLOW_TRACKING_URI names {address(uri)}, where no server answers: start it, correct the address, "
            "or unset the variable to record in mlflow.db."
        ) from None
    if status in (401, 403):
        raise StoreError(
            f"The MLflow server at {address(uri)} (MLFLOW_TRACKING_URI) lets nobody in without a password it knows: "
            "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
        )
    if status != 200:
        raise StoreError(
            f"MLFLOW_TRACKING_URI names {address(uri)}, which answers with status {status}: "
            "look at its log, or correct the address if it is no MLflow server."
        )


def asked(uri: str) -> int:
    """Ask a server once for an experiment, with MLflow's own credentials, and return the status of its answer."""
    answer = http_request(
        get_default_host_creds(uri),
        "/api/2.0/mlflow/experiments/search",
        "POST",
        json={"max_results": 1},
        max_retries=0,
        timeout=ANSWER_SECONDS,
        raise_on_status=False,
    )
    return int(answer.status_code)


def address(uri: str) -> str:
    """Return a server's address without the name and password it may hold."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def writer() -> dict[str, str]:
    """Return the tag that says which process of which machine writes a run."""
    process = psutil.Process()
    return {WRITER: f"{machine()}/{process.pid}/{process.create_time():.0f}"}


def machine() -> str:
    """Return what tells this machine from others: its name, and the address of its network card."""
    return f"{socket.gethostname()}-{uuid.getnode():012x}"


def end_dead_runs(experiment_id: str) -> list[str]:
    """Mark runs as killed that are open only because a process of this machine died; return their ids.

    What another machine writes is left alone, as nobody here can know whether it lives.
    """
    client = MlflowClient()
    mine = f"attributes.status = 'RUNNING' and tags.{WRITER} LIKE '{machine()}/%'"
    opened = client.search_runs([experiment_id], filter_string=mine)
    dead = [run.info.run_id for run in opened if not lives(run.data.tags[WRITER])]
    for run_id in dead:
        client.set_terminated(run_id, "KILLED")
    return dead


def lives(written_by: str) -> bool:
    """Return whether the process of a writer's tag is alive; another may have got its number since."""
    _, pid, created = written_by.rsplit("/", 2)
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(created)) <= CLOCK_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
