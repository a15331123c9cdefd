"""A queue that a thread empties: nobody who puts something in waits, and nothing that was taken in is lost."""

from __future__ import annotations

import threading
import time

import pytest

from {{cookiecutter.__package}}.live.drain import Drain


def test_all_arrives_in_order():
    """And at the latest when the queue is closed."""
    found: list[int] = []
    drain = Drain(found.extend, capacity=10_000, seconds=0.001)
    assert all(drain.put(number) for number in range(5000))
    drain.close()
    assert found == list(range(5000))
    assert drain.dropped == 0


def test_what_finds_no_room_is_dropped_and_counted_at_once():
    """However long the sink takes."""
    go, found = threading.Event(), []

    def stuck(batch: list[int]) -> None:
        go.wait(10)
        found.extend(batch)

    drain = Drain(stuck, capacity=5, seconds=0.001)
    drain.put(0)
    while drain.items:
        time.sleep(0.001)
    started = time.perf_counter()
    kept = [drain.put(number) for number in range(1, 11)]
    assert time.perf_counter() - started < 1
    assert kept == [True] * 5 + [False] * 5
    assert drain.dropped == 5
    go.set()
    drain.close()
    assert found == [0, 1, 2, 3, 4, 5]


def test_a_sink_that_fails_loses_its_batch_and_no_other(caplog: pytest.LogCaptureFixture):
    """Of the failure only the kind is told."""
    found: list[str] = []

    def choosy(batch: list[str]) -> None:
        if "secret" in batch:
            raise OSError(f"could not write {batch}")
        found.extend(batch)

    drain = Drain(choosy, capacity=10, seconds=60)
    drain.put("secret")
    drain.flush()
    drain.put("good")
    drain.close()
    assert (found, drain.dropped) == (["good"], 1)
    assert "OSError" in caplog.text
    assert "secret" not in caplog.text


def test_where_nothing_comes_nobody_wakes():
    """An idle service leaves the processor alone; and what comes then is handed on as soon as ever."""
    flushed: list[float] = []

    class Counted(Drain[int]):
        def flush(self) -> None:
            flushed.append(time.perf_counter())
            super().flush()

    found: list[int] = []
    drain = Counted(found.extend, capacity=10, seconds=0.01)
    time.sleep(0.3)
    assert len(flushed) == 0
    drain.put(1)
    deadline = time.monotonic() + 0.5
    while not found and time.monotonic() < deadline:
        time.sleep(0.001)
    assert found == [1]
    drain.close()
