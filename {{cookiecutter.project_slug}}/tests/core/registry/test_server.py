"""Whether MLflow's server answers, asked for real: of servers on loopback, and of ports where there is none."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from {{cookiecutter.__package}}.core.registry import server

Serve = Callable[[int], str]
NAME, PASSWORD = "ada", "correct horse"
# Seconds, on however slow a machine; MLflow's own retries take minutes.
SOON = 20


@contextmanager
def answering(status: int) -> Iterator[str]:
    """Run a server that answers with this status, or with 200 to those who know the password."""
    known = "Basic " + base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps({"experiments": []}).encode()
            self.send_response(200 if self.headers["authorization"] == known else status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that answers with a status, and return its address."""
    with ExitStack() as stack:
        yield lambda status: stack.enter_context(answering(status))


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def nobody() -> str:
    """Return an address where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def refusal(uri: str) -> str:
    """Return the sentence with which a server is refused."""
    with pytest.raises(server.StoreError) as refused:
        server.require_answer(uri)
    assert "\n" not in str(refused.value)
    assert "MLFLOW_TRACKING_URI" in str(refused.value)
    return str(refused.value)


def test_where_no_server_answers_it_is_said_soon():
    """The sentence names the variable, the address and the ways out; MLflow would try for minutes."""
    started, uri = time.monotonic(), nobody()
    said = refusal(uri)
    assert time.monotonic() - started < SOON
    assert uri in said
    assert "no server answers" in said
    assert "unset" in said


def test_a_server_that_stays_silent_is_not_waited_for(silent: str, monkeypatch: pytest.MonkeyPatch):
    """It has its seconds, and no second chance."""
    monkeypatch.setattr(server, "ANSWER_SECONDS", 0.3)
    started = time.monotonic()
    assert "no server answers" in refusal(silent)
    assert time.monotonic() - started < SOON


@pytest.mark.parametrize("status", [401, 403])
def test_a_password_is_asked_for_by_its_variables(serve: Serve, status: int):
    """Who isn't let in is told what to set."""
    said = refusal(serve(status))
    assert "MLFLOW_TRACKING_USERNAME" in said
    assert "MLFLOW_TRACKING_PASSWORD" in said


def test_the_password_comes_from_the_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    """MLflow's own variables are enough."""
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", NAME)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    server.require_answer(serve(401))


@pytest.mark.parametrize("status", [404, 503])
def test_another_answer_is_named(serve: Serve, status: int):
    """Some other website, or a server in trouble."""
    assert f"status {status}" in refusal(serve(status))


def test_a_server_that_answers_is_fine(serve: Serve):
    """And a database needs no server."""
    server.require_answer(serve(200))
    server.require_answer("sqlite:////nowhere/mlflow.db")


def test_a_password_in_the_address_is_not_shown():
    """An error ends up in logs and executed notebooks."""
    said = refusal(nobody().replace("//", f"//{NAME}:secret@"))
    assert "secret" not in said
