"""Limits below the application, on real sockets: what is too large or too slow is ended, and nothing else is."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from uvicorn.server import ServerState

from {{cookiecutter.__package}}.live.edge import protocol
from {{cookiecutter.__package}}.live.edge.exchange import Receive, Scope, Send

GOOD = b"GET /v1 HTTP/1.1\r\nhost: x\r\n\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body, or, under /slow, half a second later."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await asyncio.sleep(0.5 if scope["path"] == "/slow" else 0)
    body = str(size).encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server that speaks the protocol, with short deadlines."""
    patch = pytest.MonkeyPatch()
    patch.setattr(protocol, "HEAD_SECONDS", 0.4)
    patch.setattr(protocol, "BODY_SECONDS", 0.4)
    known = dict(uvicorn.config.HTTP_PROTOCOLS)
    protocol.install()
    config = uvicorn.Config(application, log_config=None, lifespan="off", timeout_keep_alive=1)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    uvicorn.config.HTTP_PROTOCOLS.update(known)
    patch.undo()


def said(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send pieces with a pause after each, and return all that comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
        found = b""
        try:
            for piece in pieces:
                peer.sendall(piece)
                time.sleep(pause)
            while data := peer.recv(65536):
                found += data
        except (ConnectionResetError, BrokenPipeError):
            pass
        return found


CLOSING = GOOD.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")


def test_good_requests_are_answered_one_after_the_other(port: int):
    """On one connection, whole or in pieces, also while the first is still being answered."""
    assert said(port, GOOD, GOOD, CLOSING).count(b"200 OK") == 3
    slow = GOOD.replace(b"/v1", b"/slow")
    assert said(port, slow + GOOD + CLOSING).count(b"200 OK") == 3
    assert said(port, CLOSING[:10], CLOSING[10:], pause=0.05).count(b"200 OK") == 1
    body = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000
    assert said(port, body[:70000], body[70000:], pause=0.05).endswith(b"100000")


def test_an_answer_may_take_longer_than_a_request(port: int):
    """Deadlines are for whoever sends."""
    assert said(port, CLOSING.replace(b"/v1", b"/slow")).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "head",
    [
        GOOD[:-2] + b"".join(b"x-%d: 1\r\n" % number for number in range(200)) + b"\r\n",
        GOOD[:-2] + b"x: " + b"y" * 40_000 + b"\r\n\r\n",
        GOOD[:-2] + b"".join(b"x-%d: %s\r\n" % (number, b"y" * 900) for number in range(60)) + b"\r\n",
        GOOD.replace(b"/v1", b"/" + b"a" * 40_000),
        b"GET / HTTP/1.1\r\nx: " + b"y" * 200_000,
        b"GET /" + b"y" * 200_000,
    ],
    ids=["headers", "header", "bytes", "path", "endless header", "endless path"],
)
def test_a_head_that_is_too_large_is_refused(port: int, head: bytes):
    """At once, whether it ends or not; then the connection does."""
    started = time.perf_counter()
    found = said(port, head)
    assert found == b"" or found.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
    assert time.perf_counter() - started < 0.35


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"GET / HT"],
        [GOOD[:-2]] + [b"x: y\r\n"] * 20,
        [b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n"] + [b"x"] * 9,
        [b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"] + [b"1\r\nx\r\n"] * 20,
    ],
    ids=["nothing", "half a line", "header by header", "byte by byte", "chunk by chunk"],
)
def test_who_keeps_the_service_waiting_is_ended(port: int, pieces: list[bytes]):
    """A byte now and then doesn't prolong it."""
    started = time.perf_counter()
    found = said(port, *pieces, pause=0.1)
    assert found == b"" or found.startswith(b"HTTP/1.1 408")
    assert time.perf_counter() - started < 3


def test_a_large_body_over_a_narrow_line_is_read_to_its_end(port: int, monkeypatch: pytest.MonkeyPatch):
    """It may take longer than any deadline while it comes fast enough; once it stops, it is ended."""
    monkeypatch.setattr(protocol, "SLOWEST_BYTES_A_SECOND", 20_000)
    head = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n"
    assert said(port, head, *[b"x" * 5000] * 20, pause=0.08).endswith(b"100000")
    started = time.perf_counter()
    assert said(port, head, *[b"x" * 5000] * 8, pause=0.08).startswith(b"HTTP/1.1 408")
    assert time.perf_counter() - started < 4


def test_afterwards_all_is_well(port: int):
    """And what a connection was waited for isn't held against the next."""
    assert said(port, CLOSING).count(b"200 OK") == 1
    assert protocol.queued() == 0


def test_what_waits_on_each_port_is_counted(monkeypatch: pytest.MonkeyPatch):
    """The private port's server doesn't hide what waits on the public one."""
    monkeypatch.setattr(protocol.GuardedProtocol, "running", [])
    config = uvicorn.Config(application, lifespan="off")
    config.load()

    async def connected() -> list[int]:
        states = [ServerState(), ServerState()]
        found = []
        for state, tasks in zip([*states, states[0]], (2, 3, 0), strict=True):
            protocol.GuardedProtocol(config, state, app_state={})
            state.tasks.update(asyncio.ensure_future(asyncio.sleep(0)) for _ in range(tasks))
            found.append(protocol.queued())
        return found

    assert asyncio.run(connected()) == [2, 5, 5]
