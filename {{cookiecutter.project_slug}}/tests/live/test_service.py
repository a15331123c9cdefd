"""The Bento, served for real: the same answers over HTTP as in the notebook."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bentoml
import httpx
import pytest
from click.testing import CliRunner

from {{cookiecutter.__package}}.live import cli, golden, runtime, server, settings


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[httpx.Client]:
    """A client of the running service."""
    with httpx.Client(base_url=address, trust_env=False, timeout=20) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_the_service_is_well(client: httpx.Client, path: str):
    """An orchestrator may ask."""
    assert client.get(path).status_code == 200


def test_the_service_says_what_the_notebook_says(client: httpx.Client, bento: Path):
    """The golden rows are answered digit for digit."""
    kept = json.loads((bento / "src/models/golden.json").read_text(encoding="utf-8"))
    assert golden.same_answers(kept, client.post("/v1/predict", json={"rows": kept["rows"]}).json())


def test_the_bento_serves_its_own_model(client: httpx.Client, served: runtime.Model):
    """Not one that happens to lie in the project's models/."""
    known = {"name": served.signature.name, "version": "7", "sha256": served.signature.sha256, "variant": "champion"}
    assert client.get("/v1/info").json()["model"] == known


def test_a_thousand_rows_are_answered_in_their_order(
    client: httpx.Client, rows: list[dict[str, Any]], served: runtime.Model
):
    """The largest request there is gets the answers that the golden rows would."""
    kept = golden.golden_rows(served, rows[:1000])
    assert golden.same_answers(kept, client.post("/v1/predict", json={"rows": kept["rows"]}).json())


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/v1/predict", b"no JSON", 400),
        ("POST", "/v1/predict", b'{"rows": []}', 422),
        ("POST", "/v1/predict", b"x" * 5 * 10**6, 413),
        ("POST", "/v1/predict", b"[" * 100_000, 400),
        ("GET", "/v1/predict", b"", 405),
        ("GET", "/v1/nothing", b"", 404),
        ("GET", "/v1", b"", 404),
    ],
)
def test_errors_have_their_shape_on_the_wire(
    client: httpx.Client, error_of: Any, method: str, path: str, content: bytes, status: int
):
    """What the application answers is what arrives."""
    response = client.request(method, path, content=content)
    assert response.status_code == status
    error_of(response)


def test_the_openapi_document_is_served(client: httpx.Client, served: runtime.Model):
    """Under the paths that the document itself names."""
    document = client.get("/v1/openapi.json").json()
    assert client.request("GET", "/v1/info").status_code == 200
    assert "/v1/info" in document["paths"]
    assert document["info"]["title"] == served.signature.name


def test_bentoml_s_own_client_asks_as_ever(address: str, bento: Path, served: runtime.Model):
    """Its schema names the way, and the answer is the edge's."""
    kept = json.loads((bento / "src/models/golden.json").read_text(encoding="utf-8"))
    with bentoml.SyncHTTPClient(address) as client:
        found = client.predict(rows=kept["rows"])
    assert golden.same_answers(kept, found)
    assert found["model"]["sha256"] == served.signature.sha256


def test_a_private_port_tells_insiders_about_all_processes(
    bento: Path, monkeypatch: pytest.MonkeyPatch, rows: list[Any]
):
    """And the public one doesn't."""
    private = server.free_port()
    monkeypatch.setenv("LIVE_PRIVATE_PORT", str(private))
    monkeypatch.setenv("LIVE_WORKERS", "2")
    with server.running(bento) as address:
        for _ in range(20):
            assert httpx.post(f"{address}/v1/predict", json={"rows": rows[:3]}, trust_env=False).status_code == 200
        for path in ("/metrics", "/docs.json", "/schema.json", "/v1/openapi.json"):
            assert httpx.get(f"{address}{path}", trust_env=False).status_code == 404
            assert httpx.get(f"http://127.0.0.1:{private}{path}", trust_env=False).status_code == 200
        text = httpx.get(f"http://127.0.0.1:{private}/metrics", trust_env=False).text
        assert 'live_rows_total{variant="champion"} 60.0' in text
        assert httpx.get(f"http://127.0.0.1:{private}/readyz", trust_env=False).status_code == 200
        assert httpx.post(f"http://127.0.0.1:{private}/v1/predict", trust_env=False).status_code == 404


def test_who_sends_far_too_much_at_once_reads_why(address: str):
    """Many clients write all they have before they look: they see the refusal, and not a broken pipe."""
    host, port = address.removeprefix("http://").split(":")
    head = b"POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 8000000\r\n\r\n"
    for _ in range(5):
        with socket.create_connection((host, int(port)), timeout=10) as peer:
            peer.sendall(head + b" " * 8_000_000)
            assert peer.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize("bare", [False, True], ids=["live serve", "bentoml serve"])
def test_paths_are_meant_from_where_the_service_is_started(
    bento: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[Any], bare: bool
):
    """Keys and a challenger named as .env.example does, whichever command starts the service."""
    shutil.copytree(bento / "src/models", tmp_path / "other")
    (tmp_path / "other/lineage.json").write_text('{"version": "8"}')
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(cli.main, ["keys", "new"])
    assert made.exit_code == 0, made.output
    named = {"LIVE_AUTH": "keys", "LIVE_API_KEYS": "keys.json", "LIVE_CHALLENGER": "other"}
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    if bare:
        monkeypatch.setattr(server, "service_environment", lambda environ: {**environ, **settings.QUIET})
    key = {"authorization": f"Bearer {made.stdout.strip()}"}
    with server.running(bento) as address:
        answer = httpx.post(f"{address}/v1/predict", json={"rows": rows[:1]}, headers=key, trust_env=False)
    assert answer.status_code == 200, answer.text


def test_two_services_on_one_machine_count_apart(bento: Path, rows: list[Any], monkeypatch: pytest.MonkeyPatch):
    """The second doesn't empty what the first has counted, nor is that counted twice; and nothing is left behind."""

    def counted(address: str) -> str:
        httpx.post(f"{address}/v1/predict", json={"rows": rows[:5]}, trust_env=False)
        text = httpx.get(f"{address}/metrics", trust_env=False).text
        return next(line for line in text.splitlines() if line.startswith("live_rows_total"))

    # Their own, as other tests' services come and go in the one that all share; short, as sockets' paths must be.
    with tempfile.TemporaryDirectory(prefix="two-") as scratch:
        monkeypatch.setenv("TMPDIR", scratch)
        with server.running(bento) as first:
            assert counted(first).endswith(" 5.0")
            with server.running(bento) as second:
                assert counted(second).endswith(" 5.0")
                assert len(list(Path(scratch).glob("live-metrics-*"))) == 2
            assert counted(first).endswith(" 10.0")
        assert not list(Path(scratch).glob("live-metrics-*"))


@pytest.mark.parametrize(
    ("environ", "damage", "words"),
    [
        ({}, {"predictions": ["x"]}, "doesn't answer its golden rows as it did when it was packaged"),
        ({"LIVE_QUEUE": "many"}, {}, "LIVE_QUEUE is 'many': it takes a whole number, 1 or more."),
        ({"LIVE_CHALLENGER": "/nowhere"}, {}, "LIVE_CHALLENGER: There is no signature.json in /nowhere"),
    ],
    ids=["golden", "setting", "challenger"],
)
def test_a_service_that_can_not_answer_ends_with_a_sentence(
    bento: Path, tmp_path: Path, environ: dict[str, str], damage: dict[str, Any], words: str
):
    """There is never a port that is open and that nobody answers on."""
    own = tmp_path / "bento"
    shutil.copytree(bento, own)
    path = own / "src" / "models" / "golden.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **damage}), encoding="utf-8")
    port = server.free_port()
    done = subprocess.run(
        server.command(own, "127.0.0.1", port),
        env={**os.environ, **environ, "BENTOML_HOME": str(tmp_path / "home"), "BENTOML_DO_NOT_TRACK": "True"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert words in done.stdout + done.stderr
    server.check_port("127.0.0.1", port)
