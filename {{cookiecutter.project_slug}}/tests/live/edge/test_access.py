"""The access log: whole lines of JSON, nothing of what was asked, and nobody waits for it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{cookiecutter.__package}}.live.edge import access
from {{cookiecutter.__package}}.live.edge.access import AccessLog, record
from {{cookiecutter.__package}}.live.edge.exchange import Caller, Exchange
from {{cookiecutter.__package}}.live.edge.routes import find


def exchange_of(path: str = "/v1/predict", method: str = "POST", **headers: str) -> Exchange:
    """Return a request."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": method, "path": path, "headers": named, "client": ("10.0.0.7", 1234)}
    return Exchange(scope, find(path))


def test_a_line_says_who_asked_what_and_what_came_of_it(tmp_path: Path):
    """For programs: one object a line."""
    exchange = exchange_of(x_request_id="abc")
    exchange.status, exchange.size, exchange.rows, exchange.variant, exchange.sha256 = 200, 321, 7, "champion", "f" * 64
    exchange.caller = Caller("batch", frozenset())
    with (tmp_path / "log").open("wb") as file:
        log = AccessLog(file.fileno())
        log.note(exchange)
        log.close()
    line: dict[str, Any] = json.loads((tmp_path / "log").read_text(encoding="utf-8"))
    assert line.pop("time").endswith("Z")
    assert 0 <= line.pop("ms") < 10_000
    assert line == {
        "event": "request", "request_id": "abc", "method": "POST", "route": "/v1/predict", "status": 200, "bytes": 321,
        "client": "10.0.0.7", "caller": "batch", "rows": 7, "variant": "champion", "model": "f" * 12,
    }  # fmt: skip


@given(path=st.text(min_size=1), method=st.text(min_size=1))
def test_a_path_that_is_none_of_ours_is_not_repeated(path: str, method: str):
    """Nor its method: what somebody sends can't write lines into the log, or secrets."""
    marked = f"/secret-71{path}"
    assert "secret" not in json.dumps(record(exchange_of(marked, f"secret{method}")))


def test_lines_that_find_no_room_are_told_to_the_metrics(monkeypatch: pytest.MonkeyPatch):
    """An operator who misses lines learns that they are missing."""
    monkeypatch.setattr(access, "CAPACITY", 10)
    reading, writing = os.pipe()
    lost: list[float] = []
    log, exchange = AccessLog(writing, lost.append), exchange_of(x_request_id="a" * 60)
    for _ in range(5000):
        log.note(exchange)
    os.close(reading)
    log.close()
    os.close(writing)
    assert sum(lost) == log.drain.dropped > 0


def test_a_reader_that_has_stopped_holds_nobody_up():
    """A pipe takes 64 kB; then the thread waits, and requests don't."""
    reading, writing = os.pipe()
    log, exchange = AccessLog(writing), exchange_of()
    started = time.perf_counter()
    for _ in range(5000):
        log.note(exchange)
    assert time.perf_counter() - started < 2
    os.set_blocking(reading, False)
    found, deadline = b"", time.monotonic() + 10
    while found.count(b"\n") < 5000 and time.monotonic() < deadline:
        try:
            found += os.read(reading, 2**20)
        except BlockingIOError:
            time.sleep(0.01)
    log.close()
    assert all(json.loads(line)["status"] == 0 for line in found.splitlines())
    assert found.count(b"\n") == 5000 - log.drain.dropped == 5000
    os.close(reading)
    os.close(writing)
