"""Where large requests are worked on: beside the event loop, a few at once, and in a bounded amount of memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from ...answers import RequestError
from ...edge.exchange import Exchange

Result = TypeVar("Result")
# ONNX Runtime runs on one thread and lets others work meanwhile: two keep a large request from holding all others up.
AT_ONCE = 2
# How many of the largest bodies a process has in its memory at once.
LARGEST_AT_ONCE = 4


class Lane:
    """Threads for large requests, and the room that their bodies take."""

    def __init__(self, largest_body: int) -> None:
        self.largest_body = largest_body
        self.room = LARGEST_AT_ONCE * largest_body
        self.threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="lane")

    @contextmanager
    def body_of(self, exchange: Exchange) -> Iterator[None]:
        """Hold room for what a request carries, until it is answered.

        Raises:
            RequestError: there is none (503).
        """
        declared = exchange.headers.get(b"content-length", b"")
        size = min(int(declared[:20]), self.largest_body) if declared.isdigit() else self.largest_body
        if size > self.room:
            raise RequestError(503, "overloaded", "Too many large requests wait.", headers=((b"retry-after", b"1"),))
        self.room -= size
        try:
            yield
        finally:
            self.room += size

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what a function returns that runs in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def close(self) -> None:
        """End the threads, once their work is done."""
        self.threads.shutdown()
