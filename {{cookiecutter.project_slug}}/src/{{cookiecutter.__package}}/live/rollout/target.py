"""What a release needs of the place where it goes live, whatever that is made of."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from ..smoke import Fetch, Golden
from .evidence import Seen
from .record import Entry
from .routing import Colour, Weights
from .steps import REFUSED


class RolloutError(RuntimeError):
    """A release can't go on, or was refused; the message says why, `code` is the command's exit code."""

    def __init__(self, message: str, code: int = REFUSED) -> None:
        super().__init__(message)
        self.code = code


class Pinned(NamedTuple):
    """An image by a name that can't come to mean another one, and its digest."""

    image: str
    digest: str


class Target(Protocol):
    """Two colours behind a proxy. Every method raises RolloutError, with a sentence, where it can't do its work."""

    def held(self) -> AbstractContextManager[None]:
        """Keep everybody else from releasing here until the block ends."""

    def pin(self, image: str) -> Pinned:
        """Fetch an image, and return the name by which it is started."""

    def start(self, colour: Colour, pinned: Pinned) -> None:
        """Start a colour on an image, unless it runs on that already; return before it is ready."""

    def stop(self, colour: Colour) -> None:
        """Stop a colour, and let it answer what it has begun."""

    def open(self, colour: Colour) -> None:
        """Start the proxy, if it doesn't run, and return when a colour sees it."""

    def ill(self, colour: Colour) -> str:
        """Return why a colour can't answer, in words, or nothing if its process runs as it was started."""

    def fetch(self, colour: Colour) -> Fetch:
        """Return what asks a colour directly, past the proxy."""

    def golden(self, colour: Colour) -> Golden:
        """Return the golden rows that were packaged with what a colour runs."""

    def seen(self, colours: Sequence[Colour]) -> Seen:
        """Return what was counted of these colours until now."""

    def weights(self) -> Weights:
        """Return which share each colour gets."""

    def route(self, weights: Weights, *, insist: bool = True) -> None:
        """Give each colour another share, and return when the proxy follows, or soon after where nobody insists."""

    def entries(self) -> list[Entry]:
        """Return the log of releases, the oldest first."""

    def note(self, entry: Entry) -> None:
        """Add to the log of releases."""
