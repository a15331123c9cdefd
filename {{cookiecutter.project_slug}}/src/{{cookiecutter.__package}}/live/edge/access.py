"""The access log: one line of JSON for each request, on the standard output, without anything that was asked."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Any

import orjson

from ..drain import Count, Drain
from .exchange import Exchange

CAPACITY = 10_000
STDOUT = 1
FORM = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


class AccessLog:
    """Writes lines from a thread, so that a slow reader of the standard output holds no request up.

    `lost` is told of each line that found no room.
    """

    def __init__(self, file: int, lost: Count | None = None) -> None:
        self.file = file
        self.drain: Drain[dict[str, Any]] = Drain(self.write, capacity=CAPACITY, lost=lost)

    def note(self, exchange: Exchange) -> None:
        """Note a request that was answered."""
        self.drain.put(record(exchange))

    def write(self, records: list[dict[str, Any]]) -> None:
        """Write lines, whole."""
        text = b"".join(
            orjson.dumps({**one, "time": datetime.fromtimestamp(one["time"], UTC)}, option=FORM) for one in records
        )
        while text:
            text = text[os.write(self.file, text) :]

    def close(self) -> None:
        """Write what waits."""
        self.drain.close()


def record(exchange: Exchange) -> dict[str, Any]:
    """Return what is noted of a request: a path that isn't one of ours is not repeated."""
    known = {
        "time": time.time(),
        "event": "request",
        "request_id": exchange.request_id,
        "method": exchange.method if exchange.route else "",
        "route": exchange.route.path if exchange.route else "",
        "status": exchange.status,
        "ms": round(exchange.seconds * 1000, 3),
        "bytes": exchange.size,
        "client": exchange.address,
    }
    if exchange.caller and exchange.caller.name:
        known["caller"] = exchange.caller.name
    if exchange.error:
        known["error"] = exchange.error
    if exchange.rows:
        known |= {"rows": exchange.rows, "variant": exchange.variant, "model": exchange.sha256[:12]}
    return known
