"""What schemathesis sends as an Arrow stream: good ones of the served project's own rows, some cut short."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import schemathesis
from hypothesis import strategies as st

rows = json.loads(Path(os.environ["GOLDEN"]).read_text(encoding="utf-8"))["rows"]
table = pa.Table.from_pylist(rows)


def streamed(count: int) -> bytes:
    """Return so many rows as a stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.slice(0, count))
    return bytes(sink.getvalue())


schemathesis.openapi.media_type(
    "application/vnd.apache.arrow.stream", st.integers(min_value=1, max_value=len(rows)).map(streamed)
)
