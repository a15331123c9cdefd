"""GET /v1/traffic: the last minute's predictions, and nothing of what looks on."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from {{cookiecutter.__package}}.live.api import traffic
from {{cookiecutter.__package}}.live.edge import metrics

Get = Callable[..., httpx.Response]
INFINITE = math.inf


def at(moment: float, requests: int = 0, errors: int = 0, rows: int = 0, slow: int = 0) -> traffic.Counted:
    """Return what was counted until a moment: all requests within 1 ms, but for the slow ones."""
    return traffic.Counted(
        moment, requests, errors, rows, ((0.001, requests - slow), (0.1, requests), (INFINITE, requests))
    )


def test_predictions_are_counted_and_looking_on_is_not(
    get: Get, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
):
    """Requests, rows and errors of /v1/predict alone, and how long they took."""
    monkeypatch.setattr(traffic, "FRESH_SECONDS", 0.0)
    for _ in range(3):
        get("/v1/predict", "POST", {"rows": rows[:5]})
    get("/v1/predict", "POST", {"rows": []})
    get("/v1/predict")
    get("/v1/info")
    get()
    said = get("/v1/traffic").json()
    assert {name: said[name] for name in ("requests", "errors", "rows", "total")} == {
        "requests": 5,
        "errors": 2,
        "rows": 15,
        "total": 5,
    }
    assert 0 < said["p50_ms"] <= said["p99_ms"]
    assert said["seconds"] > 0
    assert get("/v1/traffic").headers["cache-control"] == "no-store"


def test_it_is_small_and_read_once_a_second_at_most(get: Get, rows: list[dict[str, Any]]):
    """However many look on, they see the same."""
    first = get("/v1/traffic")
    get("/v1/predict", "POST", {"rows": rows[:1]})
    assert get("/v1/traffic").content == first.content
    assert len(first.content) < 200


def test_only_the_last_minute_counts():
    """What was seen before isn't compared with; what was counted since the start is told beside it."""
    shown = traffic.Traffic(metrics.Metrics())
    shown.seen.clear()
    for moment, requests in ((1000.0, 10), (1030.0, 40), (1059.0, 100), (1091.0, 130)):
        shown.note(at(moment, requests, rows=requests))
    said = httpx.Response(200, content=shown.answer.body).json()
    assert (said["seconds"], said["requests"], said["rows"], said["total"]) == (32.0, 30, 30, 130)


@pytest.mark.parametrize(
    ("requests", "slow", "share", "expected"),
    [
        (100, 0, 0.5, 0.5),
        (100, 50, 0.5, 1.0),
        (100, 50, 0.99, 1.0 + 99.0 * 49 / 50),
        (1, 0, 0.99, 0.99),
        (0, 0, 0.5, None),
    ],
)
def test_percentiles_are_read_between_the_limits(requests: int, slow: int, share: float, expected: float | None):
    """Spread evenly between two limits; nothing is said where nothing was asked."""
    found = traffic.milliseconds(at(0.0, requests, slow=slow).within, share)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-3))


def test_beyond_the_last_limit_that_is_what_is_known():
    """A request slower than every limit isn't infinitely slow."""
    assert traffic.milliseconds(((0.001, 1), (10.0, 1), (INFINITE, 2)), 0.99) == 10_000.0


def test_several_processes_are_added_up(tmp_path: Path):
    """Each counts for itself, in files, and whoever is asked tells the sum."""
    program = (
        "import sys; from types import SimpleNamespace as Space\n"
        f"from {metrics.__name__} import Metrics; from {traffic.__name__} import counted\n"
        "route = Space(path='/v1/predict', methods=('POST',)); metrics = Metrics()\n"
        "known = dict(route=route, method='POST', seconds=0.002, error='', rows=2, variant='champion')\n"
        "[metrics.note(Space(status=status, **known)) for status in (200, 422, 503)]\n"
        "print(list(counted(metrics.shared().collect())[1:4]))"
    )
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert [line.strip() for line in said] == ["[3, 2, 6]", "[6, 4, 12]"]
