"""Sentences that a notebook shows, and lists of names in them."""

from __future__ import annotations

NAMED = 3


class Prose(str):
    """Markdown that a notebook shows as such."""

    def _repr_markdown_(self) -> str:
        return str(self)


def listed(names: list[str], most: int = NAMED) -> str:
    """Return names as a list in a sentence, at most `most` of them."""
    shown = [f"`{name}`" for name in names[:most]]
    more = [f"{len(names) - most} more"] if len(names) > most else []
    *first, last = [*shown, *more]
    return f"{', '.join(first)} and {last}" if first else last
