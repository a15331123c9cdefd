"""A queue that is full."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from {{cookiecutter.__package}}.live import runtime
from {{cookiecutter.__package}}.live.answers import RequestError
from {{cookiecutter.__package}}.live.edge import protocol
from {{cookiecutter.__package}}.live.edge.middleware import Edge
from {{cookiecutter.__package}}.live.edge.overload import Queue


def test_one_more_than_may_wait_is_sent_away():
    """With the second after which it may ask again."""
    waiting = [5]
    queue = Queue(5, lambda: waiting[0])
    queue.enter()
    waiting[0] = 6
    with pytest.raises(RequestError) as refused:
        queue.enter()
    assert (refused.value.status, refused.value.headers) == (503, ((b"retry-after", b"1"),))


def test_a_full_queue_answers_503_and_health_is_still_told(
    around: Callable[..., Edge],
    ask_of: Callable[[Edge], Callable[..., httpx.Response]],
    served: runtime.Model,
    rows: list[dict],
    monkeypatch: pytest.MonkeyPatch,
):
    """A service that is busy is well: nobody should restart it."""
    ask = ask_of(around(served, queue=3))
    monkeypatch.setattr(protocol.GuardedProtocol, "running", [range(4)])
    assert ask({"rows": rows[:1]}).status_code == 503
    assert ask(path="/v1/openapi.json", method="GET").status_code == 200
    monkeypatch.setattr(protocol.GuardedProtocol, "running", [range(3)])
    assert ask({"rows": rows[:1]}).status_code == 200
