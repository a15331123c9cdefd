"""Reading what a request carries, under a limit that holds before anything is parsed."""

from __future__ import annotations

from ..answers import RequestError
from .exchange import Exchange, Receive


async def read_body(exchange: Exchange, receive: Receive, most: int) -> bytes:
    """Return the whole body.

    Raises:
        RequestError: it has more than `most` bytes, is compressed, or the caller hung up before its end.
    """
    declared = exchange.headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:20]) > most:
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
            raise too_large(most)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()


def too_large(most: int) -> RequestError:
    """Return the refusal of a body; what is left of it isn't read, so the connection ends with the answer."""
    return RequestError(
        413, "body_too_large", f"The body has more than {most} bytes.", headers=((b"connection", b"close"),)
    )
