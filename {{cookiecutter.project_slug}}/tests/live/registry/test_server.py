"""The same on a real MLflow server, which keeps the models' files as well."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.live import champion, server

from .conftest import Project

START_SECONDS = 120


@pytest.fixture(scope="module")
def address(template: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server listens that starts with a copy of the database, and keeps new files itself."""
    folder, port = tmp_path_factory.mktemp("server"), server.free_port()
    shutil.copy(template.root / "mlflow.db", folder)
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    options += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    options += ["--artifacts-destination", (folder / "artifacts").as_uri()]
    environ = {**os.environ, "MLFLOW_TRACKING_URI": "", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "server.log").open("w") as log:
        command = [sys.executable, "-m", "mlflow", "server", *options]
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=environ, cwd=folder, start_new_session=True
        )
    try:
        wait_until_up(f"http://127.0.0.1:{port}/health", process, folder / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when a server answers; fail with its log when it ends before, or is too slow."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(log.read_text(encoding="utf-8")[-2000:])


def test_a_server_keeps_releases_as_a_database_does(
    copied: Callable[..., Project],
    add: Callable[..., Project],
    at_once: Callable[..., list[tuple[int, str]]],
    address: str,
):
    """Promoted, raced, rolled back and fetched over HTTP, files and all."""
    registered = add(copied()._replace(server=address), "3.0.0")
    registered.done("promote", "3.0.0", "--why", "the first")
    said = at_once(registered, [("promote", "1.0.1"), ("promote", "1.1.0")])
    winner = registered.champion()
    assert sorted(code for code, _ in said) == [0, 1]
    assert {words for code, words in said if not code} == {
        f"made-up {winner} is the champion now; before it was 3.0.0.\n"
    }
    registered.done("rollback")
    assert registered.champion() == "3.0.0"
    entries = json.loads(registered.done("history", "--json"))
    assert [entry["to"] for entry in entries if entry["state"] == "done"] == ["3.0.0", winner, "3.0.0"]
    registered.done("champion")
    found = champion.load_champion(registered.root / "models" / "champion")
    assert (found.version, found.sha256, found.fault) == ("3.0.0", registered.sha256("3.0.0"), "")
    assert "since 2" in registered.done("show")
