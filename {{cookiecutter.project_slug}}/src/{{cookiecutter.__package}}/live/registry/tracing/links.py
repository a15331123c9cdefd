"""The chain that leads from a model back to its data, link by link, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

SHORT = 12
WIDTH = max(map(len, ("version", "notebook")))


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One step back. `says` holds what was found, or why it wasn't and what to do; `facts` is the same for programs."""

    name: str
    resolved: bool
    says: tuple[str, ...]
    facts: dict[str, Any] = msgspec.field(default_factory=dict)


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """The way back from the model whose bytes have this SHA-256."""

    sha256: str
    links: tuple[Link, ...]

    @property
    def broken(self) -> list[str]:
        """The names of the links that don't resolve."""
        return [link.name for link in self.links if not link.resolved]


def found(name: str, /, *says: str, **facts: Any) -> Link:
    """Return a link that resolves; empty sentences are left out."""
    return Link(name=name, resolved=True, says=tuple(filter(None, says)), facts=facts)


def lost(name: str, /, *says: str, **facts: Any) -> Link:
    """Return a link that doesn't resolve, with what is known of it nevertheless."""
    return Link(name=name, resolved=False, says=tuple(filter(None, says)), facts=facts)


def lines(chain: Chain) -> list[str]:
    """Return a chain as it is printed: the hash, a paragraph a link with ! before those that are broken, the sum."""
    body = [line for link in chain.links for line in link_lines(link)]
    return [f"  {'model':<{WIDTH}}  {chain.sha256}", *body, "", closing(chain)]


def link_lines(link: Link) -> Iterable[str]:
    """Yield what a link says, its name before the first line."""
    for number, said in enumerate(link.says):
        head = f"{' ' if link.resolved else '!'} {link.name:<{WIDTH}}" if number == 0 else " " * (WIDTH + 2)
        yield f"{head}  {said}"


def closing(chain: Chain) -> str:
    """Return the sum of a chain."""
    broken = chain.broken
    if not broken:
        return "Every link resolves."
    count = f"{len(broken)} of {len(chain.links)} links {'does' if len(broken) == 1 else 'do'} not resolve"
    return f"{count}: {', '.join(broken)}."


def short(hash: str) -> str:
    """Return as much of a hash as people read; `live trace` takes it for the whole."""
    return hash[:SHORT]


def moment(seconds: float) -> str:
    """Return a moment, in seconds since 1970, as people read it, always in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows of words as lines, their columns aligned and the empty ones left out."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = [[f"{word:<{width}}" for word, width in zip(row, widths, strict=True) if width] for row in rows]
    return ["  ".join(row).rstrip() for row in cells]
