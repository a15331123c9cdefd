"""A queue that is full answers at once: who waits longer than a caller would gets nothing but late answers."""

from __future__ import annotations

from collections.abc import Callable

from ..answers import RequestError


class Queue:
    """Requests that have arrived at this process and aren't answered yet; `waiting` counts them."""

    def __init__(self, most: int, waiting: Callable[[], int]) -> None:
        self.most, self.waiting = most, waiting

    def enter(self) -> None:
        """Let a request wait for its turn.

        Raises:
            RequestError: too many wait already (503).
        """
        if self.waiting() > self.most:
            raise RequestError(
                503, "overloaded", "More requests wait than can be answered soon.", headers=((b"retry-after", b"1"),)
            )
