"""A bounded queue that a thread empties: whoever puts something in never waits."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Count = Callable[[float], None]
# How long a thread sleeps that nobody wakes.
IDLE_SECONDS = 1.0
logger = logging.getLogger(__name__)


class Drain(Generic[Item]):
    """Hands what is put in to `sink`, many at once, from a thread of its own.

    When `capacity` items wait, further ones are dropped and counted. A sink that raises loses what it was given,
    which is counted as dropped, too. `lost` is told of each item that was dropped.
    """

    def __init__(
        self,
        sink: Callable[[list[Item]], None],
        *,
        capacity: int,
        seconds: float = 0.05,
        lost: Count | None = None,
    ) -> None:
        self.sink, self.capacity, self.seconds, self.lost = sink, capacity, seconds, lost
        self.items: deque[Item] = deque()
        self.dropped = 0
        self.waking, self.closing = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.work, name="drain", daemon=True)
        self.thread.start()

    def put(self, item: Item) -> bool:
        """Put something in, and return whether there was room for it."""
        if len(self.items) >= self.capacity:
            self.lose(1)
            return False
        self.items.append(item)
        if not self.waking.is_set():
            self.waking.set()
        return True

    def work(self) -> None:
        """Empty the queue again and again until it is closed, and once more; where nothing comes, sleep."""
        while not self.closing.is_set():
            self.waking.wait(IDLE_SECONDS)
            self.closing.wait(self.seconds)
            self.waking.clear()
            self.flush()
        self.flush()

    def flush(self) -> None:
        """Hand on all that waits."""
        batch: list[Item] = []
        while self.items:
            batch.append(self.items.popleft())
        if not batch:
            return
        try:
            self.sink(batch)
        except Exception as error:
            self.lose(len(batch))
            logger.error("%d records were lost: %s", len(batch), type(error).__name__)

    def lose(self, count: int) -> None:
        """Count what is dropped."""
        self.dropped += count
        if self.lost:
            self.lost(count)

    def close(self) -> None:
        """Empty the queue for the last time, and return when that is done."""
        self.closing.set()
        self.waking.set()
        self.thread.join()
