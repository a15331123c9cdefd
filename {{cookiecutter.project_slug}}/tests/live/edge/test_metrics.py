"""What Prometheus is told: true sums, and never more series than there are routes, methods and statuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from {{cookiecutter.__package}}.live.edge import metrics
from {{cookiecutter.__package}}.live.edge.exchange import Exchange
from {{cookiecutter.__package}}.live.edge.routes import find


def exchange_of(path: str, method: str, status: int, rows: int = 0, error: str = "") -> Exchange:
    """Return a request that was answered."""
    made = Exchange({"method": method, "path": path, "headers": []}, find(path))
    made.status, made.rows, made.variant, made.error = status, rows, "champion" if rows else "", error
    return made


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels, in the order of their names."""
    families = text_string_to_metric_families(text.decode())
    return {(s.name, *(s.labels[k] for k in sorted(s.labels))): s.value for family in families for s in family.samples}


def test_requests_rows_and_seconds_are_counted():
    """By route, method and status; rows by variant; refusals by their code."""
    known = metrics.Metrics()
    for _ in range(3):
        known.note(exchange_of("/v1/predict", "POST", 200, rows=5))
    known.note(exchange_of("/v1/predict", "POST", 422, error="invalid_request"))
    found = samples(known.text())
    assert found["live_requests_total", "POST", "/v1/predict", "200"] == 3
    assert found["live_requests_total", "POST", "/v1/predict", "422"] == 1
    assert found["live_rows_total", "champion"] == 15
    assert found["live_request_seconds_count", "/v1/predict"] == 4
    assert found["live_refused_total", "invalid_request"] == 1


def test_what_is_made_up_makes_no_series():
    """Nobody can fill the memory, of this process or of Prometheus, with paths and methods."""
    known = metrics.Metrics()
    for number in range(2000):
        known.note(exchange_of(f"/made/up/{number}", f"M{number}", 404))
        known.note(exchange_of("/v1/info", f"M{number}", 405))
    assert len(known.known) == 2
    found = samples(known.text())
    assert found["live_requests_total", "OTHER", "other", "404"] == 2000
    assert found["live_requests_total", "OTHER", "/v1/info", "405"] == 2000


PROGRAM = """
import sys
from {{cookiecutter.__package}}.live.edge.metrics import Metrics
from {{cookiecutter.__package}}.live.edge.exchange import Exchange
from {{cookiecutter.__package}}.live.edge.routes import find
known = Metrics()
known.model.labels(name="n", version="7", sha256="f", variant="champion").set(1)
for _ in range(int(sys.argv[1])):
    made = Exchange({"method": "GET", "path": "/v1/info", "headers": []}, find("/v1/info"))
    made.status = 200
    known.note(made)
sys.stdout.buffer.write(known.text())
"""


def test_several_processes_are_told_as_one(tmp_path: Path):
    """Whichever of them is asked, and one that is gone counts on."""
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""}
    said = [
        subprocess.run([sys.executable, "-c", PROGRAM, count], env=environ, capture_output=True, check=True).stdout
        for count in ("3", "4")
    ]
    found = samples(said[1])
    assert found["live_requests_total", "GET", "/v1/info", "200"] == 7
    assert found["live_model_info", "n", "f", "champion", "7"] == 1
