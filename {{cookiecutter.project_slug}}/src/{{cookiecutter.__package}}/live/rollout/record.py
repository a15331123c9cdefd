"""The log of deploys on a host: one line when one begins, one when it ends. Lines are only ever added. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from .routing import Colour

Outcome = Literal["", "live", "refused", "undecided", "interrupted", "abandoned"]


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A deploy at its beginning, or, with an outcome, at its end.

    `before` is the colour that answered until then. `evidence` holds, for each step, what was seen and judged.
    """

    call: str
    at: str
    action: Literal["deploy", "rollback"]
    who: str
    colour: Colour
    before: Colour | None = None
    image: str = ""
    digest: str = ""
    version: str = ""
    sha256: str = ""
    why: str = ""
    outcome: Outcome = ""
    evidence: list[dict[str, Any]] = []


def entries_in(text: str | None) -> list[Entry]:
    """Return the log, the oldest first; the rest of a line that a crash cut off is passed over."""
    found = []
    for line in (text or "").splitlines():
        try:
            found.append(msgspec.json.decode(line, type=Entry))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found


def line_of(entry: Entry) -> str:
    """Return the line of an entry."""
    return msgspec.json.encode(entry).decode() + "\n"


def unfinished(entries: Sequence[Entry]) -> Entry | None:
    """Return the last deploy if it never came to an end."""
    last = entries[-1] if entries else None
    return last if last and not last.outcome else None


def live(entries: Sequence[Entry]) -> list[Entry]:
    """Return what went live, the oldest first."""
    return [entry for entry in entries if entry.outcome == "live"]


def table(entries: Sequence[Entry]) -> list[str]:
    """Return the ends of deploys for people, the newest first."""
    ended = [entry for entry in reversed(entries) if entry.outcome]
    rows = [
        (e.at, e.action, e.version or "?", e.digest.removeprefix("sha256:")[:12] or "?", e.colour, e.outcome, e.who)
        for e in ended
    ]
    heads = ("when", "what", "version", "digest", "colour", "outcome", "who")
    widths = [max(len(row[n]) for row in (heads, *rows)) for n in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (heads, *rows)
    ]
    whys = ["", *(f"    {entry.why}" if entry.why else "" for entry in ended)]
    return [line for pair in zip(lines, whys, strict=True) for line in pair if line]
