"""Limits that hold before there is a request: how large its head may be, and how slowly it may come.

uvicorn reads heads of any size, and waits for a head or a body as long as its sender likes.
"""

from __future__ import annotations

import time
import uuid
from asyncio import TimerHandle, Transport
from collections.abc import Sized
from http import HTTPStatus
from typing import Any, ClassVar, cast

import uvicorn.config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..answers import RequestError, refusal

MOST_HEAD_BYTES = 32 * 2**10
MOST_HEADERS = 100
# How long the rest of a request may take that has not come in one piece; a body, longer by what has come of it by then.
HEAD_SECONDS, BODY_SECONDS = 5.0, 10.0
SLOWEST_BYTES_A_SECOND = 128 * 2**10
TOO_LARGE = RequestError(431, "head_too_large", "The request's head is larger than the service reads.")
TOO_SLOW = RequestError(408, "too_slow", "The rest of the request did not arrive in time.")
NOT_HTTP = RequestError(400, "invalid_http", "This is not valid HTTP.")
# How long a server that stops listens to its idle connections.
LINGER_SECONDS = 0.25


def install() -> None:
    """Let every server that uvicorn configures from now on in this process speak this protocol."""
    uvicorn.config.HTTP_PROTOCOLS["auto"] = f"{__name__}:GuardedProtocol"


def queued() -> int:
    """Return how many requests this process has taken in and not answered, on all its ports."""
    return sum(map(len, GuardedProtocol.running))


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's fast protocol, which ends a connection whose request has too large a head, or comes too slowly."""

    # The running requests of each server in this process: all connections of one share a set.
    running: ClassVar[list[Sized]] = []

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if not any(tasks is self.tasks for tasks in self.running):
            self.running.append(self.tasks)
        self.head_bytes = self.body_bytes = 0
        self.in_head, self.in_body = True, False
        self.deadline: TimerHandle | None = None
        # Whether the server stops.
        self.ending = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.await_rest(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self.await_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.in_head
        if before:
            self.head_bytes += len(data)
        super().data_received(data)
        if self.in_head and before and self.head_bytes > MOST_HEAD_BYTES:
            self.refuse(TOO_LARGE)
        elif self.in_body:
            # A byte now and then doesn't move the deadline of a body.
            if before:
                self.await_body(self.loop.time() + BODY_SECONDS)
        elif self.in_head and self.head_bytes:
            if self.deadline is None:
                self.await_rest(HEAD_SECONDS)
        elif self.deadline is not None:
            self.await_nothing()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["arrived"] = time.perf_counter()  # type: ignore[typeddict-unknown-key]

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS or len(value) > MOST_HEAD_BYTES:
            self.refuse(TOO_LARGE)

    def on_headers_complete(self) -> None:
        if self.is_ended():
            return
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > MOST_HEAD_BYTES:
            self.refuse(TOO_LARGE)
            return
        self.in_head, self.in_body, self.head_bytes, self.body_bytes = False, True, 0, 0
        super().on_headers_complete()
        if self.ending and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        if not self.is_ended():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self.in_head, self.in_body = True, False
        if not self.is_ended():
            super().on_message_complete()

    def shutdown(self) -> None:
        """End the connection with the answer it waits for, or once what its caller has sent by now is answered.

        uvicorn ends an idle one at once, with a request on it that has arrived and not been read.
        """
        self.ending = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(LINGER_SECONDS, super().shutdown)
        else:
            super().shutdown()

    def is_ended(self) -> bool:
        """Return whether the connection is being closed, so that nothing on it counts any more."""
        return cast(Transport, self.transport).is_closing()

    def await_rest(self, seconds: float) -> None:
        """End the connection unless what is awaited has come by then."""
        self.await_nothing()
        self.deadline = self.loop.call_later(seconds, self.refuse, TOO_SLOW)

    def await_body(self, deadline: float) -> None:
        """End the connection then, or later by as long as what has come of its body may take."""
        self.await_nothing()
        due = deadline + self.body_bytes / SLOWEST_BYTES_A_SECOND
        if due <= self.loop.time():
            self.refuse(TOO_SLOW)
        else:
            self.deadline = self.loop.call_at(due, self.await_body, deadline)

    def await_nothing(self) -> None:
        """Let what may take its time take it."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def send_400_response(self, msg: str) -> None:
        self.refuse(NOT_HTTP)

    def refuse(self, error: RequestError) -> None:
        """End the connection, with an answer if none has begun."""
        self.await_nothing()
        if self.is_ended():
            return
        transport = cast(Transport, self.transport)
        if self.cycle is None or not self.cycle.response_started:
            transport.write(refused(error))
        transport.close()


def refused(error: RequestError) -> bytes:
    """Return what ends a connection on which no request came about: an error in the shape that all errors have."""
    request_id = uuid.uuid4().hex
    body = refusal(error, request_id).body
    lines = [
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-request-id: {request_id}",
        "connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
