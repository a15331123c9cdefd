"""Waiting for a check: held against a server on loopback that answers as GitHub does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from {{cookiecutter.__package}}.core.project import WorkspaceError
from {{cookiecutter.__package}}.lab.waiting import checks

TOKEN = "ghs_hush"


def run(number: int, status: str, conclusion: str | None = None) -> dict[str, Any]:
    """Return a check run."""
    return {"id": number, "name": "ci-ok", "status": status, "conclusion": conclusion}


class GitHub(ThreadingHTTPServer):
    """Answers with each of its answers once, and then with the last one; a number is a status."""

    answers: list[Any]
    asked: list[tuple[str, str]]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: GitHub

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked.append((self.path, self.headers["Authorization"]))
        answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(answer if isinstance(answer, int) else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"check_runs": answer}).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A server that has no answers yet."""
    with GitHub(("127.0.0.1", 0), Handler) as server:
        server.answers, server.asked = [], []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def waited(github: GitHub, seconds: float = 5) -> list[str]:
    """Wait, and return what was said."""
    said: list[str] = []
    environ = {"GITHUB_REPOSITORY": "team/flights", "GITHUB_SHA": "abc", "GITHUB_TOKEN": TOKEN}
    environ["GITHUB_API_URL"] = f"http://127.0.0.1:{github.server_address[1]}"
    checks.require_success("ci-ok", environ, said.append, seconds=seconds, poll=0.01)
    return said


def test_it_waits_until_the_check_has_succeeded(github: GitHub):
    """Also for one that GitHub doesn't know yet, and through an answer that failed."""
    github.answers = [[], 502, [run(1, "queued")], [run(1, "in_progress")], [run(1, "completed", "success")]]
    assert waited(github) == ["ci-ok: unknown", "ci-ok: queued", "ci-ok: in progress", "ci-ok: success"]
    assert set(github.asked) == {("/repos/team/flights/commits/abc/check-runs?check_name=ci-ok", f"Bearer {TOKEN}")}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([run(1, "completed", "failure")], "ended with failure"),
        ([run(2, "completed", "cancelled"), run(1, "completed", "success")], "ended with cancelled"),
        (403, r"does not say .* \(status 403\)"),
    ],
)
def test_anything_else_is_one_sentence(github: GitHub, answer: Any, sentence: str):
    """The newest run counts; the token isn't repeated."""
    github.answers = [answer]
    with pytest.raises(WorkspaceError, match=sentence) as refusal:
        waited(github)
    assert TOKEN not in str(refusal.value)


def test_it_does_not_wait_for_ever(github: GitHub):
    """The sentence says what to do."""
    github.answers = [[run(1, "in_progress")]]
    with pytest.raises(WorkspaceError, match=r"still in_progress after 0.1 seconds: run this again"):
        waited(github, seconds=0.1)


def test_elsewhere_it_says_where_it_belongs():
    """On a person's machine there is no commit to wait for."""
    with pytest.raises(WorkspaceError, match="GITHUB_REPOSITORY isn't set"):
        checks.require_success("ci-ok", {}, print, seconds=1)
