"""What a request carries is refused before it is read, where that can be."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from {{cookiecutter.__package}}.live.answers import RequestError
from {{cookiecutter.__package}}.live.edge import bodies
from {{cookiecutter.__package}}.live.edge.bodies import read_body
from {{cookiecutter.__package}}.live.edge.exchange import Exchange


def read(most: int, *messages: dict[str, Any], **headers: str) -> bytes:
    """Read a body that comes in these messages."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    exchange = Exchange({"method": "POST", "path": "/v1/predict", "headers": named}, None)
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        if message := next(coming, None):
            return message
        await asyncio.sleep(60)
        raise AssertionError("nobody waits that long")

    return asyncio.run(read_body(exchange, receive, most))


def piece(body: bytes, more: bool = False) -> dict[str, Any]:
    """Return a part of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_is_read_whole_up_to_its_limit():
    """In one piece or in several."""
    assert read(5, piece(b"12345")) == read(5, piece(b"12", more=True), piece(b"345")) == b"12345"


@pytest.mark.parametrize(
    "messages", [[piece(b"123456")], [piece(b"123", more=True), piece(b"456")], [piece(b"123456", more=True)]]
)
def test_a_body_beyond_its_limit_is_refused(messages: list[dict[str, Any]]):
    """Before its end, and the connection ends with the answer."""
    with pytest.raises(RequestError) as refused:
        read(5, *messages)
    assert (refused.value.status, refused.value.headers) == (413, ((b"connection", b"close"),))


@pytest.mark.parametrize("headers", [{"content_length": "9" * 4000}, {"content_length": "6", "expect": "100-continue"}])
def test_a_declared_length_is_believed(headers: dict[str, str]):
    """Nothing is read of it."""
    started = time.monotonic()
    with pytest.raises(RequestError, match="more than 5 bytes"):
        read(5, **headers)
    assert time.monotonic() - started < bodies.UNREAD_SECONDS


@pytest.mark.parametrize("headers", [{}, {"content_length": "9"}])
def test_who_writes_first_is_listened_to_for_a_moment(headers: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    """To its end, or for so many bytes, or as long as that may take; then the refusal is sent."""
    parts = [piece(b"1234567", more=True)] * 3
    for ending in ([piece(b"8")], [{"type": "http.disconnect"}], []):
        with pytest.raises(RequestError, match="more than 5 bytes"):
            read(5, *parts, *ending, **headers)
    monkeypatch.setattr(bodies, "MOST_UNREAD", 14)
    monkeypatch.setattr(bodies, "UNREAD_SECONDS", 60)
    with pytest.raises(RequestError, match="more than 5 bytes"):
        read(5, *parts, **headers)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip", "GZIP"])
def test_a_compressed_body_is_refused_unread(encoding: str):
    """A few bytes can become as many as anybody likes."""
    with pytest.raises(RequestError) as refused:
        read(5, content_encoding=encoding)
    assert refused.value.status == 415
