"""Real services on loopback, each in a temporary folder and stopped by its own id: S3, PostgreSQL, MLflow, Redis."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import debian
import psycopg2
import pytest
from demo import free_port
from journey import environment, run

START_SECONDS = 90
BUCKET = "mlflow"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def process(command: list[str], log: Path, stop: signal.Signals = signal.SIGTERM, **options: Any) -> Iterator[None]:
    """Run a command until the block ends; what it says goes to a file, and its end to the test's output."""
    with log.open("w") as output:
        started = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, **options)
        try:
            yield
        finally:
            started.send_signal(stop)
            started.wait(timeout=30)
            print(f"\n{log.name} ends:\n{''.join(log.read_text(errors='replace').splitlines(keepends=True)[-15:])}")


def wait_for_port(port: int, seconds: float = START_SECONDS) -> None:
    """Return once something listens; fail if nothing does in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"nothing listens on port {port}")


@contextmanager
def s3_store(folder: Path) -> Iterator[str]:
    """Run an S3-compatible server and yield its address."""
    port = free_port()
    with process([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], folder / "s3.log"):
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run PostgreSQL with a password of its own, and yield the address of its database.

    It refuses to run as root, so root runs it as the user `postgres`, in a folder that is that user's.
    """
    binaries, account = postgres_binaries(), unprivileged()
    with tempfile.TemporaryDirectory(prefix="postgres-", dir="/tmp") as scratch:
        home, password, port = Path(scratch), secrets.token_hex(8), free_port()
        (home / "password").write_text(password)
        if account:
            for path in (home, home / "password"):
                shutil.chown(path, account["user"], account["group"])
        login = ["--username=mlflow", "--auth=scram-sha-256", f"--pwfile={home / 'password'}"]
        initdb = [str(binaries / "initdb"), f"--pgdata={home / 'data'}", "--no-sync", *login]
        subprocess.run(initdb, cwd=home, check=True, stdout=subprocess.DEVNULL, **account)
        server = [str(binaries / "postgres"), "-D", str(home / "data"), "-k", str(home), "-h", "127.0.0.1"]
        uri = f"postgresql://mlflow:{password}@127.0.0.1:{port}/postgres"
        # SIGINT is PostgreSQL's fast shutdown: it doesn't wait for clients to leave.
        with process([*server, "-p", str(port)], folder / "postgres.log", signal.SIGINT, cwd=home, **account):
            wait_for_database(uri)
            yield uri


@contextmanager
def redis(folder: Path, port: int) -> Iterator[str]:
    """Run Redis on a port, installed by Debian's package manager where that is possible, and yield its address."""
    if not shutil.which("redis-server"):
        debian.install("redis-server")
    program = shutil.which("redis-server")
    if not program:
        pytest.skip("there is no redis-server here, nor a way to install it: limits in Redis aren't tested")
    options = [
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        str(folder),
        "--save",
        "",
        "--pidfile",
        str(folder / "redis.pid"),
    ]
    with process([program, *options], folder / "redis.log"):
        wait_for_port(port)
        yield f"redis://127.0.0.1:{port}/0"


def postgres_binaries() -> Path:
    """Return the folder of PostgreSQL's programs, installed by Debian's package manager where that is possible."""
    if not installed_postgres():
        debian.install("postgresql")
    found = installed_postgres()
    if not found:
        pytest.skip("NOT TESTED: there is no PostgreSQL here; install it (Debian: apt-get install postgresql).")
    return found[-1].parent


def installed_postgres() -> list[Path]:
    """Return every `initdb` on this machine, the newest last; Debian keeps them off the PATH."""
    on_path = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return [*([Path(on_path)] if on_path else []), *versions]


def unprivileged() -> dict[str, Any]:
    """Return whom a server runs as: nobody else if this is no root, otherwise the package's own user."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def wait_for_database(uri: str) -> None:
    """Return once the database lets its user in."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            psycopg2.connect(uri, connect_timeout=2).close()
        except psycopg2.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("PostgreSQL does not let anybody in")


def server_environment(project: Path, folder: Path) -> Path:
    """Make the server's own virtual environment, with the project's MLflow, and return its Python."""
    uv, python = [str(project / ".venv" / "bin" / "uv"), "--quiet"], str(folder / "server" / "bin" / "python")
    drivers = [f"{name}=={version(name)}" for name in ("psycopg2-binary", "boto3")]
    lock = ["--constraint", "requirements/dev.txt"]
    run([*uv, "venv", "--python", str(project / ".venv" / "bin" / "python"), str(folder / "server")], project)
    run([*uv, "pip", "install", "--python", python, *lock, "mlflow", *drivers], project)
    return Path(python)


@contextmanager
def mlflow_server(python: Path, folder: Path, database: str, s3: str) -> Iterator[str]:
    """Run MLflow's server, which alone knows database and bucket, and yield its address."""
    port = free_port()
    # Without a driver's name, SQLAlchemy takes psycopg 3 from its version 2.1 on.
    backend = database.replace("postgresql://", "postgresql+psycopg2://")
    where = ["--backend-store-uri", backend, "--artifacts-destination", f"s3://{BUCKET}/artifacts"]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    settings = {**environment(), **KEYS, **quiet, "MLFLOW_S3_ENDPOINT_URL": s3}
    command = [str(python), "-m", "mlflow", "server", *where, "--host", "127.0.0.1", "--port", str(port)]
    with process([*command, "--workers", "1"], folder / "mlflow.log", cwd=folder, env=settings):
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
