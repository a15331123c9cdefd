"""One load test: whether it may be, what is sent, Locust's run, and its outcome."""

from __future__ import annotations

import ipaddress
import itertools
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..client import headers

TRAFFIC = Path(__file__).with_name("traffic.py")
BODY = "LOADTEST_BODY"
# What Locust may take beyond its time: to start its users, and to let the last requests be answered.
EXTRA_SECONDS = 60
STOP_SECONDS = 10


class LoadError(RuntimeError):
    """A load test can't be, or came to nothing; the message says what to do."""


class Load(NamedTuple):
    """How much is sent, and where to."""

    url: str
    users: int
    seconds: int
    body: bytes


class Outcome(NamedTuple):
    """What came of it; times in milliseconds."""

    requests: int
    failures: int
    rate: float
    p50: float
    p99: float

    def __str__(self) -> str:
        return (
            f"{self.rate:,.0f} requests/s, p50 {self.p50:.0f} ms, p99 {self.p99:.0f} ms, "
            f"{self.failures:,} of {self.requests:,} requests failed"
        )


def require_mine(url: str, allowed: bool) -> None:
    """Make sure that a load test hits this machine, or one where it was said to be allowed.

    Raises:
        LoadError: it would hit another, or the address is none.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise LoadError(f"{url} is no address of a service: http://127.0.0.1:3000 is one.")
    if not (allowed or is_loopback(host)):
        raise LoadError(
            f"{host} is another machine, where a load test may pass for an attack: "
            "if you may do that, say `live loadtest --allowed`, or `make loadtest ALLOWED=yes`."
        )


def is_loopback(host: str) -> bool:
    """Return whether a host's name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def body_of(rows: list[Any], count: int) -> bytes:
    """Return a request of as many rows as are asked for: those there are, from the first on, again and again."""
    return json.dumps({"rows": list(itertools.islice(itertools.cycle(rows), count))}).encode()


def try_once(load: Load, environ: Mapping[str, str]) -> None:
    """Send the request once, so that a load test of refusals isn't run.

    Raises:
        LoadError: nothing answers there, or not with predictions.
    """
    request = urllib.request.Request(f"{load.url}/v1/predict", load.body, headers(environ))
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = response.read()
    except urllib.error.HTTPError as error:
        with error:
            raise LoadError(refusal(load.url, error.code, error.read())) from None
    except HTTPException:
        answer = b""
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise LoadError(f"Nothing answers at {load.url} ({reason}): run `make serve` first.") from None
    if b'"predictions"' not in answer:
        raise LoadError(f"What answers at {load.url} is not this service: `make loadtest URL=…` takes another address.")


def refusal(url: str, status: int, answer: bytes) -> str:
    """Return one sentence for a service that doesn't predict."""
    if status in (401, 403):
        return f"The service at {url} wants a key that may predict: set LIVE_API_KEY to one."
    try:
        return f"The service at {url} answered with {status}: {json.loads(answer)['error']['message']}"
    except (ValueError, KeyError, TypeError):
        return f"What answers at {url} is not this service: `make loadtest URL=…` takes another address."


def run(load: Load, report: Path, environ: Mapping[str, str]) -> Outcome:
    """Put the service under load, write Locust's page about it, and return what came of it.

    Raises:
        LoadError: Locust fails, or isn't installed; the end of what it said is in the message.
    """
    report.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="loadtest-") as scratch:
        body, figures = Path(scratch, "body.json"), Path(scratch, "figures.json")
        body.write_bytes(load.body)
        # Elsewhere, Locust would take its settings from pyproject.toml and others.
        where: dict[str, Any] = {"cwd": scratch, "env": {**environ, BODY: str(body), "HOME": scratch}}
        limit = load.seconds + STOP_SECONDS + EXTRA_SECONDS
        try:
            done = subprocess.run(
                command(load, report.resolve(), figures), capture_output=True, text=True, timeout=limit, **where
            )
        except subprocess.TimeoutExpired:
            raise LoadError(f"Locust did not end within {limit} seconds, and was stopped.") from None
        try:
            found = outcome(figures)
        except (OSError, ValueError, LookupError):
            said = " ".join(done.stderr.strip().splitlines()[-3:])
            raise LoadError(f"Locust could not run: {said}") from None
    if not found.requests:
        raise LoadError(f"{load.url} answered nothing for {load.seconds} seconds.")
    return found


def command(load: Load, report: Path, figures: Path) -> list[str]:
    """Return Locust's command: without its web server, and ended by the clock."""
    locust = [sys.executable, "-m", "locust", "--locustfile", str(TRAFFIC), "--headless", "--only-summary"]
    load_given = ["--users", str(load.users), "--spawn-rate", str(load.users), "--run-time", f"{load.seconds}s"]
    written = ["--html", str(report), "--json-file", str(figures.with_suffix("")), "--loglevel", "ERROR"]
    return [*locust, "--host", load.url, *load_given, "--stop-timeout", str(STOP_SECONDS), *written]


def outcome(figures: Path) -> Outcome:
    """Read the figures that Locust writes when all is over; its times are whole milliseconds.

    Raises:
        OSError, ValueError, LookupError: they aren't there, or something else is.
    """
    found = json.loads(figures.read_bytes())
    if not found:
        return Outcome(0, 0, 0.0, 0.0, 0.0)
    (total,) = found
    requests, seconds = total["num_requests"], total["last_request_timestamp"] - total["start_time"]
    times = sorted((float(time), count) for time, count in total["response_times"].items())
    rate = requests / seconds if seconds > 0 else float(requests)
    return Outcome(requests, total["num_failures"], rate, percentile(times, 0.5), percentile(times, 0.99))


def percentile(times: list[tuple[float, int]], share: float) -> float:
    """Return the time within which this share of the requests was answered, of sorted times and how often each was."""
    wanted = share * sum(count for _, count in times)
    for (time, _), reached in zip(times, itertools.accumulate(count for _, count in times), strict=True):
        if reached >= wanted:
            return time
    return 0.0


def environment() -> dict[str, str]:
    """Return the environment of a load test: the caller's, without settings of Locust's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
