"""Reading what a request carries, under a limit that holds before anything is parsed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ..answers import RequestError
from .exchange import Exchange, Receive

# How much of a body that is refused is still read, and for how long: the system throws an answer away that its caller
# hasn't read yet when a connection ends on which something is unread.
MOST_UNREAD = 16 * 2**20
UNREAD_SECONDS = 0.5


async def read_body(exchange: Exchange, receive: Receive, most: int) -> bytes:
    """Return the whole body.

    Raises:
        RequestError: it has more than `most` bytes, is compressed, or the caller hung up before its end.
    """
    declared = exchange.headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:20]) > most:
        # Who expects to be told sends nothing before that.
        if int(declared[:20]) <= most + MOST_UNREAD and b"expect" not in exchange.headers:
            await discard(receive)
        raise too_large(most)
    if exchange.headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise RequestError(415, "unsupported_encoding", "Send the body as it is: without a content-encoding.")
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > most:
            raise too_large(most)
        return body
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise RequestError(400, "incomplete_body", "The connection closed before the whole body arrived.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > most:
            if message.get("more_body", False):
                await discard(receive)
            raise too_large(most)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()


async def discard(receive: Receive) -> None:
    """Read on for a moment, and keep nothing of it."""
    left = MOST_UNREAD
    with suppress(TimeoutError):
        async with asyncio.timeout(UNREAD_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def too_large(most: int) -> RequestError:
    """Return the refusal of a body; what may be left of it isn't read, so the connection ends with the answer."""
    return RequestError(
        413, "body_too_large", f"The body has more than {most} bytes.", headers=((b"connection", b"close"),)
    )
