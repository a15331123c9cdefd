"""What a service that ended said of it. Pure."""

from __future__ import annotations

import json

LONGEST = 500


def last_words(log: str) -> str:
    """Return the sentence in which a service said why it can't go on, or else the last line of its log.

    A worker says it as a line of JSON, and the process that started it then only that a worker has said so.
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    said = [message for line in lines if (message := complaint(line))]
    errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    return (said or errors or lines or ["nothing"])[-1][:LONGEST]


def complaint(line: str) -> str:
    """Return what a line of JSON says that is critical, or nothing."""
    try:
        known = json.loads(line)
    except ValueError:
        return ""
    return str(known.get("message", "")) if isinstance(known, dict) and known.get("level") == "critical" else ""
