"""A smoke test of a service that runs: does it become ready, and does it answer its golden rows as it should?"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from .golden import close_answers, same_answers

ANSWER_SECONDS = 10
# A service takes so many rows at once in JSON.
MOST_ROWS = 1000
BETWEEN_SECONDS = 0.25
NO_ANSWER = (OSError, HTTPException)


class SmokeError(RuntimeError):
    """A service isn't what it should be; the message says in what."""


class Reply(NamedTuple):
    """What came back: a status, and the JSON in the body, or None if there is none."""

    status: int
    content: Any


# Asks for a path, with a body to POST if there is one; OSError or HTTPException if nothing comes back.
Fetch = Callable[[str, Any], Reply]


class Golden(NamedTuple):
    """What a model has to answer, and which one it is."""

    rows: dict[str, Any]
    sha256: str


class Passed(NamedTuple):
    """What a service has shown."""

    rows: int
    exact: bool
    version: str
    sha256: str

    def __str__(self) -> str:
        how = "digit for digit" if self.exact else "as closely as another processor can"
        return f"{self.rows} golden rows were answered {how} by version {self.version} (sha256 {self.sha256[:12]}…)"


def load_golden(path: Path) -> Golden:
    """Return the golden rows of a file, and the hash of the model from the signature beside it.

    Raises:
        SmokeError: one of the two isn't there, or is damaged.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        signature = json.loads(path.with_name("signature.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SmokeError(
            f"There is no {error.filename}: run `make pipeline`, or name golden rows with --golden."
        ) from None
    except ValueError:
        rows, signature = None, None
    return golden_of(rows, signature, str(path))


def golden_of(rows: Any, signature: Any, where: str) -> Golden:
    """Return what has to be answered.

    Raises:
        SmokeError: this isn't what golden rows and a signature look like.
    """
    try:
        if rows["rows"] and len(rows["predictions"]) == len(rows["rows"]):
            return Golden(rows, str(signature["sha256"]))
    except (KeyError, TypeError):
        pass
    raise SmokeError(f"{where} is damaged, or there are no golden rows in it: run `make pipeline` to write it again.")


def over_http(url: str, headers: Mapping[str, str]) -> Fetch:
    """Ask the service at an address."""

    def fetch(path: str, body: Any) -> Reply:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url.rstrip("/") + path, data, dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
                return reply(response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return reply(error.code, error.read())

    return fetch


def reply(status: int, body: bytes) -> Reply:
    """Return what came back, with the JSON in it read."""
    try:
        return Reply(status, json.loads(body))
    except ValueError:
        return Reply(status, None)


def smoke(fetch: Fetch, golden: Golden, *, seconds: float) -> Passed:
    """Return what a service has shown that is ready within these seconds, is this model and answers its golden rows.

    Raises:
        SmokeError: it isn't, or doesn't.
    """
    wait_until_ready(fetch, seconds)
    model = told(fetch, "/v1/info", None).get("model")
    if not isinstance(model, dict) or model.get("sha256") != golden.sha256:
        other = str(model.get("sha256"))[:12] if isinstance(model, dict) else "nothing"
        raise SmokeError(f"Another model answers: its sha256 is {other}…, and {golden.sha256[:12]}… was expected.")
    answered = ask(fetch, golden.rows)
    exact = same_answers(golden.rows, answered)
    if not exact and not close_answers(golden.rows, {name: answered.get(name) for name in golden.rows}):
        raise SmokeError("The golden rows are answered otherwise than where the model was packaged.")
    return Passed(len(golden.rows["rows"]), exact, str(model.get("version")), golden.sha256)


def ask(fetch: Fetch, rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers to all golden rows, in the same shape.

    Raises:
        SmokeError: they are refused.
    """
    found: dict[str, Any] = {"rows": rows["rows"]} | {name: [] for name in rows if name != "rows"}
    for start in range(0, len(rows["rows"]), MOST_ROWS):
        answer = told(fetch, "/v1/predict", {"rows": rows["rows"][start : start + MOST_ROWS]})
        for name in found.keys() - {"rows"}:
            found[name] += answer.get(name) or []
    return found


def wait_until_ready(fetch: Fetch, seconds: float) -> None:
    """Return when /readyz says yes.

    Raises:
        SmokeError: it doesn't in time.
    """
    deadline, last = time.monotonic() + seconds, ""
    while True:
        try:
            last = str(fetch("/readyz", None).status)
        except NO_ANSWER as error:
            last = str(getattr(error, "reason", error)) or type(error).__name__
        if last == "200":
            return
        if time.monotonic() >= deadline:
            raise SmokeError(f"The service isn't ready after {seconds:g} seconds: /readyz said {last}.")
        time.sleep(BETWEEN_SECONDS)


def told(fetch: Fetch, path: str, body: Any) -> dict[str, Any]:
    """Return the JSON object that a path answers.

    Raises:
        SmokeError: it answers an error, or something else, or not at all.
    """
    try:
        status, content = fetch(path, body)
    except NO_ANSWER as error:
        raise SmokeError(f"{path} isn't answered: {getattr(error, 'reason', error)}.") from None
    if status in (401, 403):
        raise SmokeError(f"{path} was answered {status}: set LIVE_API_KEY to a key that may ask for predictions.")
    if status != 200 or not isinstance(content, dict):
        raise SmokeError(f"{path} was answered {status}, and not with a JSON object of this service.")
    return content
