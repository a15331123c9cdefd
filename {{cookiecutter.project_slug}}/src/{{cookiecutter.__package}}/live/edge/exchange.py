"""One request and what becomes of it: filled in on its way, and noted at its end."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from .routes import Route

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LONGEST_ID = 64
ID_SIGNS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


class Caller(NamedTuple):
    """Who asks: a name for logs and limits that gives no secret away, and what it may ask."""

    name: str
    scopes: frozenset[str]


class Exchange:
    """A request: what it says of itself, and, once that is known, who asked, which model answered, and how."""

    __slots__ = (
        "address", "caller", "error", "headers", "method", "path", "request_id", "route", "rows", "scope", "sha256",
        "size", "started", "status", "variant",
    )  # fmt: skip

    def __init__(self, scope: Scope, route: Route | None) -> None:
        self.scope = scope
        self.route = route
        # Of a header that is sent twice, the last counts.
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        client = scope.get("client")
        self.address: str = client[0] if client else ""
        self.request_id = taken(self.headers.get(b"x-request-id", b"")) or os.urandom(16).hex()
        self.started: float = scope.get("arrived") or time.perf_counter()
        self.caller: Caller | None = None
        self.status = self.size = self.rows = 0
        self.error = self.variant = self.sha256 = ""

    @property
    def seconds(self) -> float:
        """How long it has taken until now."""
        return time.perf_counter() - self.started


def taken(wanted: bytes) -> str:
    """Return the id that a caller wants its request to have, or nothing if it is none that a log can hold."""
    return wanted.decode("ascii") if 0 < len(wanted) <= LONGEST_ID and ID_SIGNS.issuperset(wanted) else ""
