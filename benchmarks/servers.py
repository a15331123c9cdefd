"""The servers that are measured: how each is started, where it is asked, and how a request to it looks.

One worker each. All but the bare one answer with the same model.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from demo import clean_environment, free_port

RIVALS = Path(__file__).parent / "rivals"
START_SECONDS, STOP_SECONDS = 120, 20
SERVER_CORE, LOAD_CORE = 0, 1
UVICORN = ["python", "-m", "uvicorn", "--app-dir", str(RIVALS), "--loop", "uvloop", "--http", "httptools"]
QUIET = ["--no-access-log", "--log-level", "warning"]


class Server(NamedTuple):
    """One line of the table. `{port}` and `{material}` in its command are filled in."""

    name: str
    title: str
    command: list[str]
    path: str = "/predict"
    bodies: str = "{rows}-??.json"
    key: str = ""
    settings: dict[str, str] = {}  # noqa: RUF012 - nobody changes it


class Running(NamedTuple):
    """A server that answers."""

    server: Server
    process: int
    address: str


def rivals() -> list[Server]:
    """Return everything this service is compared with."""
    onnx = [*UVICORN, *QUIET, "--port", "{port}"]
    gunicorn = ["gunicorn", "--chdir", str(RIVALS), "--workers", "1", "--threads", "4", "--bind", "127.0.0.1:{port}"]
    mlflow = ["mlflow", "models", "serve", "--model-uri", "{material}/mlflow", "--env-manager", "local"]
    return [
        Server("hand-tuned", "FastAPI + ONNX, hand-tuned", [*onnx, "fastapi_onnx:app"]),
        Server(
            "documented",
            "FastAPI + ONNX, as FastAPI documents it",
            [*onnx, "fastapi_onnx:app"],
            path="/predict/documented",
        ),
        Server("joblib", "FastAPI + joblib + scikit-learn", [*UVICORN, "--port", "{port}", "fastapi_joblib:app"]),
        Server("flask", "Flask + scikit-learn, gunicorn with 4 threads", [*gunicorn, "flask_sklearn:app"]),
        Server(
            "mlflow",
            "`mlflow models serve`",
            [*mlflow, "--workers", "1", "--host", "127.0.0.1", "--port", "{port}"],
            path="/invocations",
            bodies="{rows}-*.mlflow.json",
        ),
        Server("bare", "a bare uvicorn answer, no model", [*onnx, "bare:app"]),
    ]


def ours(bento: Path, settings: dict[str, str], key: str) -> Server:
    """Return this service; `live serve` starts it as `make serve` does."""
    return Server(
        "service",
        "**this service**",
        ["live", "serve", "--bento", str(bento), "--port", "{port}"],
        path="/v1/predict",
        key=key,
        settings=settings,
    )


@contextmanager
def started(server: Server, project: Path, material: Path) -> Iterator[Running]:
    """Start a server on its core, wait until it listens and answers at all, and stop it by its process id."""
    port = free_port()
    command = [part.format(port=port, material=material) for part in server.command]
    environment = {
        **clean_environment(),
        "PATH": f"{project / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "MODELS": str(project / "models"),
        "MATERIAL": str(material),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        **server.settings,
    }
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), *command],
            cwd=project,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/", process, log)
            yield Running(server, process.pid, f"http://127.0.0.1:{port}{server.path}")
        finally:
            process.terminate()
            process.wait(timeout=STOP_SECONDS)


def wait_for(url: str, process: subprocess.Popen[bytes], log: IO[str]) -> None:
    """Return once anything answers that isn't a 5xx."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.1)
    log.seek(0)
    sys.exit(f"{process.args} did not answer:\n{log.read()[-3000:]}")
