"""GET /v1/traffic: how many predictions are asked, and how long they take, in the last minute."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from prometheus_client import Metric

from ..answers import Answer
from ..edge.exchange import Exchange, Receive
from ..edge.metrics import Metrics

ROUTE = "/v1/predict"
WINDOW_SECONDS = 60.0
# However many look on, what was counted is read so often at most.
FRESH_SECONDS = 1.0
HEADERS = ((b"cache-control", b"no-store"),)


class Counted(NamedTuple):
    """What was counted until a moment: requests, those answered with an error, rows, and requests no slower than."""

    moment: float
    requests: int
    errors: int
    rows: int
    within: tuple[tuple[float, int], ...]


class Traffic:
    """Tells two moments apart. Nothing is counted for it alone, and nothing is read while nobody looks."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self.seen: deque[Counted] = deque([self.counted()])
        self.answer = told(self.seen[0], self.seen[0])
        self.reading = asyncio.Lock()

    async def __call__(self, exchange: Exchange, receive: Receive) -> Answer:
        """Answer one request; the sum of several processes is read from files, in a thread."""
        async with self.reading:
            if time.time() - self.seen[-1].moment >= FRESH_SECONDS:
                self.note(await asyncio.to_thread(self.counted))
        return self.answer

    def counted(self) -> Counted:
        """Return what was counted until now."""
        return counted(self.metrics.shared().collect())

    def note(self, now: Counted) -> None:
        """Compare what was counted until now with the earliest that was seen within the last minute."""
        self.seen.append(now)
        while self.seen[0].moment < now.moment - WINDOW_SECONDS:
            self.seen.popleft()
        self.answer = told(self.seen[0], now)


def counted(series: Iterable[Metric]) -> Counted:
    """Return what these series say of predictions."""
    requests = errors = rows = 0
    within: dict[float, int] = {}
    for sample in (sample for metric in series for sample in metric.samples):
        if sample.name == "live_rows_total":
            rows += int(sample.value)
        elif sample.labels.get("route") != ROUTE:
            continue
        elif sample.name == "live_requests_total":
            requests += int(sample.value)
            errors += int(sample.value) if sample.labels["status"] >= "400" else 0
        elif sample.name == "live_request_seconds_bucket":
            limit = float(sample.labels["le"])
            within[limit] = within.get(limit, 0) + int(sample.value)
    return Counted(time.time(), requests, errors, rows, tuple(sorted(within.items())))


def told(before: Counted, now: Counted) -> Answer:
    """Return what happened between two moments, in `seconds`, and the requests counted until `at`.

    Percentiles are estimates: all that is known of a request is between which two limits its time lay.
    """
    earlier = dict(before.within)
    within = [(limit, count - earlier.get(limit, 0)) for limit, count in now.within]
    content: dict[str, Any] = {
        "at": round(now.moment, 3),
        "total": now.requests,
        "seconds": round(now.moment - before.moment, 3),
        "requests": now.requests - before.requests,
        "errors": now.errors - before.errors,
        "rows": now.rows - before.rows,
        "p50_ms": milliseconds(within, 0.5),
        "p99_ms": milliseconds(within, 0.99),
    }
    return Answer(200, orjson.dumps(content), headers=HEADERS)


def milliseconds(within: Sequence[tuple[float, int]], share: float) -> float | None:
    """Return in how many milliseconds this share of the requests was answered; None if there were none.

    `within` says how many took no longer than each limit, the last of which is infinite. Between two limits, requests
    are taken to be spread evenly; beyond the last finite one, that is what is returned.
    """
    if not within or within[-1][1] <= 0:
        return None
    wanted, low, fewer = share * within[-1][1], 0.0, 0
    for limit, count in within:
        if count >= wanted and math.isfinite(limit):
            return round(1000 * (low + (limit - low) * (wanted - fewer) / (count - fewer)), 3)
        low, fewer = (limit, count) if math.isfinite(limit) else (low, fewer)
    return round(1000 * low, 3)
