"""Whether MLflow's server answers. Imports MLflow: only what records or releases imports this."""

from __future__ import annotations

from urllib.parse import urlsplit

from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from .errors import StoreError

ANSWER_SECONDS = 5


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
