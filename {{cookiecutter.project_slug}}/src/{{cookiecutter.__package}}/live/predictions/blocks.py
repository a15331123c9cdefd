"""The lines of a spool as they are read back."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec


class Source(NamedTuple):
    """Which model answered, and which classes its probabilities are of."""

    variant: str
    version: str
    sha256: str
    classes: tuple[str, ...]


class Block(msgspec.Struct, frozen=True):
    """What several requests were answered by one model.

    The lists from `request_id` to `kept` have an entry for each request, the others one for each row. Times are in µs
    since 1970, latencies in ms. `rows` is how many a request asked for, `kept` how many of them are here, and `place`
    which of them each is.
    """

    source: Source
    request_id: list[str]
    time: list[int]
    latency: list[float]
    rows: list[int]
    kept: list[int]
    place: list[int]
    kinds: dict[str, Literal["number", "category", "boolean", "date"]]
    features: dict[str, list[Any]]
    prediction: list[Any]
    probabilities: list[list[float | None]] | None


class Read(NamedTuple):
    """What is in a spool: its blocks, whether its last line is torn, and how many others can't be read."""

    blocks: list[Block]
    torn: bool
    damaged: int


decoder = msgspec.json.Decoder(Block)


def read_blocks(content: bytes) -> Read:
    """Return what is in a spool, or in what there is of one that is being written."""
    *whole, rest = content.split(b"\n")
    blocks, damaged = [], 0
    for line in whole:
        try:
            blocks.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            damaged += 1
    return Read(blocks, bool(rest), damaged)
