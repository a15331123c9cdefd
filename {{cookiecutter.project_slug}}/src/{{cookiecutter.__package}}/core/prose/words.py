"""Sentences that a notebook shows."""

from __future__ import annotations

# How many names a sentence holds.
NAMED = 3


class Prose(str):
    """Markdown that a notebook shows as such."""

    def _repr_markdown_(self) -> str:
        return str(self)
