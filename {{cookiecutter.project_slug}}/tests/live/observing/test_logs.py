"""Log lines: JSON, whoever writes them, and of an exception its kind alone."""

from __future__ import annotations

import json
import logging

from {{cookiecutter.__package}}.live.observing.logs import JsonFormatter


def line_of(message: str, *arguments: object, error: Exception | None = None) -> dict[str, str]:
    """Return what is written."""
    info = (type(error), error, None) if error else None
    record = logging.LogRecord("bentoml.serve", logging.ERROR, "x.py", 1, message, arguments, info)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_line_is_an_object():
    """Whatever is in the message."""
    found = line_of('two\nlines and "%s"', "ü\x00")
    assert found.pop("time").endswith("Z")
    message = 'two\nlines and "ü\x00"'
    assert found == {"event": "log", "level": "error", "logger": "bentoml.serve", "message": message}


def test_what_an_exception_says_may_be_what_was_asked():
    """So only its kind is told."""
    found = line_of("failed", error=ValueError("secret-91"))
    assert found["exception"] == "ValueError"
    assert "secret" not in str(found)
