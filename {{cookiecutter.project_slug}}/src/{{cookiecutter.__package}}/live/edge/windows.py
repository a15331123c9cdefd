"""Counting in memory how often each caller asked, in a window that moves with the clock.

`limits` counts in the same way, but the storage that it has for this starts a thread every 10 ms of load, which walks
over all callers: with 100,000 of them, one request in a hundred took 0.4 ms longer, and the worst one 7 ms. Here, a
count costs a microsecond however many callers there are, and there are never more than a bounded number.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# Callers of one window; twice as many may be remembered.
MOST = 10_000


class Windows:
    """Counts per caller, in the present stretch of `seconds` and the one before, of which the part that is still
    within `seconds` of now is taken to be as busy as the whole.
    """

    def __init__(self, amount: int, seconds: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self.amount, self.seconds, self.now = amount, seconds, now
        # By caller: the number of the stretch, and the counts of it and of the one before.
        self.young: dict[str, list[int]] = {}
        self.old: dict[str, list[int]] = {}

    def wait(self, who: str) -> float:
        """Return how many seconds are missing until a caller may ask once more; nothing if it may now."""
        stretch, passed = divmod(self.now(), self.seconds)
        entry = self.entry(who, int(stretch))
        _, count, before = entry
        if before * (1 - passed / self.seconds) + count < self.amount:
            return 0.0
        if count < self.amount:
            return self.seconds * (1 - (self.amount - count) / before) - passed + 0.001
        return self.seconds - passed + self.seconds * (1 - self.amount / count) + 0.001

    def count(self, who: str) -> None:
        """Count a request that was let through, which `wait` was asked about before."""
        self.young[who][1] += 1

    def entry(self, who: str, stretch: int) -> list[int]:
        """Return a caller's counts, moved on to the present stretch."""
        entry = self.young.get(who)
        if entry is None:
            if len(self.young) >= MOST:
                # Whoever hasn't asked since so many others did is forgotten.
                self.old, self.young = self.young, {}
            entry = self.young[who] = self.old.pop(who, None) or [stretch, 0, 0]
        if entry[0] != stretch:
            entry[:] = [stretch, 0, entry[1] if entry[0] == stretch - 1 else 0]
        return entry
