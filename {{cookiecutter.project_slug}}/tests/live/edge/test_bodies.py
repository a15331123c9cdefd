"""What a request carries is refused before it is read, where that can be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from {{cookiecutter.__package}}.live.answers import RequestError
from {{cookiecutter.__package}}.live.edge.bodies import read_body
from {{cookiecutter.__package}}.live.edge.exchange import Exchange


def read(most: int, *messages: dict[str, Any], **headers: str) -> bytes:
    """Read a body that comes in these messages."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    exchange = Exchange({"method": "POST", "path": "/v1/predict", "headers": named}, None)
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(coming)

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


@pytest.mark.parametrize("length", ["6", "9" * 4000])
def test_a_declared_length_is_believed(length: str):
    """Nothing is read of it."""
    with pytest.raises(RequestError, match="more than 5 bytes"):
        read(5, content_length=length)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, gzip", "GZIP"])
def test_a_compressed_body_is_refused_unread(encoding: str):
    """A few bytes can become as many as anybody likes."""
    with pytest.raises(RequestError) as refused:
        read(5, content_encoding=encoding)
    assert refused.value.status == 415
