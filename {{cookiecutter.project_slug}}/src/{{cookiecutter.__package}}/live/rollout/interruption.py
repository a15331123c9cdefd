"""Ctrl-C, SIGTERM and a terminal that goes away end a release in order, and nothing interrupts the way back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked the process to end; like KeyboardInterrupt, no `except Exception` takes it."""

    def __init__(self, number: int) -> None:
        super().__init__("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)
        self.code = 128 + number


@contextmanager
def interruptible() -> Iterator[None]:
    """Let signals raise Stopped until the block ends."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        # Whoever presses Ctrl-C twice would otherwise interrupt the way back.
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    with handled_by(stop):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait for nothing until the block ends: they are not heard."""
    with handled_by(signal.SIG_IGN):
        yield


@contextmanager
def handled_by(handler: object) -> Iterator[None]:
    """Handle signals otherwise until the block ends."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, handler)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)
