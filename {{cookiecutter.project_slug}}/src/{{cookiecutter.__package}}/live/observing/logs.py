"""The log of a process: one line of JSON for each event, like the access log's, on the standard output."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import orjson


class JsonFormatter(logging.Formatter):
    """Writes a record as one line, and of an exception its kind alone: its text may hold what was asked."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        known = {
            "time": at,
            "event": "log",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            known["exception"] = record.exc_info[0].__name__
        return orjson.dumps(known, default=str).decode()


def use_json() -> None:
    """Let every handler of this process, BentoML's and uvicorn's among them, write JSON."""
    named = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    for logger in (logging.root, *named):
        for handler in logger.handlers:
            handler.setFormatter(JsonFormatter())
