"""The real service under load: whatever it answered is noted, however it is ended."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from {{cookiecutter.__package}}.live import server
from {{cookiecutter.__package}}.live.predictions.reading import read
from {{cookiecutter.__package}}.live.predictions.spool import spools
from {{cookiecutter.__package}}.live.settings import service_environment

CALLERS = 4
Rows = list[dict[str, Any]]


class Callers:
    """Ask again and again, each over a connection of its own, until the service is gone."""

    def __init__(self, port: int, rows: Rows) -> None:
        self.port, self.rows = port, rows
        self.answered: list[tuple[str, str, int]] = []
        self.threads = [threading.Thread(target=self.ask, args=[n]) for n in range(CALLERS)]
        for thread in self.threads:
            thread.start()

    def ask(self, caller: int) -> None:
        """Note the id, the prediction and the row of what was answered."""
        connection, count = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20), 0
        try:
            while True:
                count += 1
                one, row = f"{caller}-{count}", count % len(self.rows)
                body = json.dumps({"rows": [self.rows[row]]})
                connection.request("POST", "/v1/predict", body, {"x-request-id": one})
                answer = connection.getresponse()
                known = json.loads(answer.read())
                if answer.status == 200:
                    self.answered.append((one, known["predictions"][0], row))
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def wait(self) -> None:
        """Return when the service is gone for all of them."""
        for thread in self.threads:
            thread.join(timeout=20)
        assert not any(thread.is_alive() for thread in self.threads)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where predictions are noted."""
    return tmp_path / "predictions"


@contextmanager
def serving(bento: Path, folder: Path, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Serve with two processes that note what they answer, and end what is left of them."""
    port, log = server.free_port(), home / f"serve-{time.monotonic_ns()}.log"
    settings = {"LIVE_PREDICTIONS": str(folder), "LIVE_WORKERS": "2", "BENTOML_HOME": str(home)}
    with log.open("w") as said:
        process = subprocess.Popen(
            server.command(bento, "127.0.0.1", port),
            stdout=said,
            stderr=subprocess.STDOUT,
            env=service_environment({**os.environ, **settings}),
            start_new_session=True,
        )
    try:
        server.wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        yield process, port
    finally:
        server.stop(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a service and all its processes at once; BentoML gives each worker a group of its own."""
    for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
        one.kill()
    process.wait(timeout=60)


def test_what_was_answered_before_a_service_ends_is_noted(bento: Path, folder: Path, tmp_path: Path, rows: Rows):
    """SIGTERM under load: every answer that a caller got is there once, as Parquet, and nothing is left to do."""
    with serving(bento, folder, tmp_path) as (process, port):
        callers = Callers(port, rows[:50])
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        callers.wait()
    assert len(callers.answered) > 100
    assert spools(folder) == []
    found = read(folder)
    assert set(Counter(found["request_id"].to_pylist()).values()) == {1}
    noted = {row["request_id"]: row for row in found.select(["request_id", "prediction", "colour"]).to_pylist()}
    for one, prediction, row in callers.answered:
        assert noted[one]["prediction"] == prediction
        assert noted[one]["colour"] == rows[row]["colour"]


def test_what_a_killed_service_left_is_repaired_when_the_next_one_starts(
    bento: Path, folder: Path, tmp_path: Path, rows: Rows
):
    """kill -9 of all its processes at once: what had been written is published, once."""
    with serving(bento, folder, tmp_path) as (process, port):
        callers = Callers(port, rows[:50])
        time.sleep(2)
        early = list(callers.answered)
        time.sleep(1)
        kill(process)
        callers.wait()
    left = spools(folder)
    assert left
    with serving(bento, folder, tmp_path):
        deadline = time.monotonic() + 60
        while set(left) & set(spools(folder)) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert spools(folder) == []
    found = Counter(read(folder)["request_id"].to_pylist())
    assert set(found.values()) == {1}
    assert {one for one, _, _ in early} - set(found) == set()
    assert len(early) > 100
