"""What an Arrow stream says of itself before any of it is decoded: how many rows and batches, and whether compressed.

pyarrow decompresses what it reads, and allocates what a compressed buffer says it will need. Here only the messages'
metadata is read, whose layout (flatbuffers) pyarrow has verified.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pyarrow as pa

from ...answers import Problem, RequestError

MOST_ROWS = 100_000
MOST_BATCHES = 1000
MOST_SCHEMA_BYTES = 2**20
# A dictionary is checked again with each batch that uses it.
MOST_DICTIONARY_WORK = 256 * 2**20
FILE_MAGIC = b"ARROW1"
# Places of fields in the tables Message, RecordBatch and DictionaryBatch of Arrow's format.
HEADER, LENGTH, COMPRESSION, DICTIONARY_ROWS = 2, 0, 3, 1


def check(body: bytes) -> None:
    """Look at every message of a stream.

    Raises:
        RequestError: it is too long, compressed (415), or not a stream to its end (400).
        pyarrow.ArrowException: it is no stream.
    """
    if body.startswith(FILE_MAGIC):
        raise invalid("The body is an Arrow file: send an Arrow stream (pyarrow.ipc.new_stream writes one).")
    rows = batches = dictionaries = work = 0
    for message in messages(body):
        if message.type == "schema":
            if message.metadata.size > MOST_SCHEMA_BYTES:
                raise unfit("", f"has a schema of more than {MOST_SCHEMA_BYTES} bytes")
            continue
        metadata = message.metadata.to_pybytes()
        header = table_at(metadata, field_at(metadata, table_at(metadata, 0), HEADER))
        if message.type == "dictionary":
            dictionaries += message.body.size
            header = table_at(metadata, field_at(metadata, header, DICTIONARY_ROWS))
        elif message.type == "record batch":
            batches += 1
            work += dictionaries
            rows += length_of(metadata, header)
        else:
            raise invalid()
        if field_at(metadata, header, COMPRESSION):
            raise RequestError(415, "unsupported_encoding", "Send Arrow's buffers as they are: without compression.")
        if length_of(metadata, header) < 0:
            raise invalid()
        if rows > MOST_ROWS:
            break
        if batches > MOST_BATCHES or work > MOST_DICTIONARY_WORK:
            raise unfit("rows", f"must be in at most {MOST_BATCHES} batches, in fewer if their dictionaries are large")
    if not body:
        raise invalid()
    if not 1 <= rows <= MOST_ROWS:
        raise unfit("rows", f"must be 1 to {MOST_ROWS} rows")


def messages(body: bytes) -> Iterator[pa.Message]:
    """Yield the messages of a stream; after its end there has to be nothing."""
    source = pa.BufferReader(body)
    reader = pa.ipc.MessageReader.open_stream(source)
    while True:
        try:
            yield reader.read_next_message()
        except StopIteration:
            break
    if source.tell() != len(body):
        raise invalid()


def table_at(metadata: bytes, place: int) -> int:
    """Return where the table is that the offset at a place points to."""
    return place + int(struct.unpack_from("<I", metadata, place)[0])


def field_at(metadata: bytes, table: int, index: int) -> int:
    """Return where a field of a table is, or 0 if it was left out."""
    known = table - struct.unpack_from("<i", metadata, table)[0]
    if 4 + 2 * index >= struct.unpack_from("<H", metadata, known)[0]:
        return 0
    offset = int(struct.unpack_from("<H", metadata, known + 4 + 2 * index)[0])
    return table + offset if offset else 0


def length_of(metadata: bytes, batch: int) -> int:
    """Return how many rows a batch says it has."""
    place = field_at(metadata, batch, LENGTH)
    return int(struct.unpack_from("<q", metadata, place)[0]) if place else 0


def invalid(message: str = "The body is not a valid Arrow stream.") -> RequestError:
    """Return the refusal of what is no Arrow stream."""
    return RequestError(400, "invalid_arrow", message)


def unfit(path: str, message: str) -> RequestError:
    """Return the refusal of a stream that isn't what the model takes."""
    return misfit([Problem(path, message)])


def misfit(problems: list[Problem]) -> RequestError:
    """Return the refusal of a stream with what is wrong in it."""
    return RequestError(422, "invalid_request", "The request does not fit the model's features.", problems)
