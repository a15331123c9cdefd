"""The HTTP interface around the made-up model, asked as a client asks it but without a network."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from {{cookiecutter.__package}}.core import data, sections
from {{cookiecutter.__package}}.live import assembly, cli, golden, packaging, runtime, server, settings
from {{cookiecutter.__package}}.live.edge import middleware
from {{cookiecutter.__package}}.live.edge.exchange import Application
from {{cookiecutter.__package}}.live.variants.lineup import Lineup
from {{cookiecutter.__package}}.live.variants.variant import Variant, variant_of

Ask = Callable[..., httpx.Response]
Around = Callable[..., middleware.Edge]


@pytest.fixture(scope="session")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Around]:
    """Put a process of the service together around one model, or several variants: the edge, without a server."""
    log = tmp_path_factory.mktemp("logs") / "requests.jsonl"
    made: list[assembly.Assembled] = []
    with log.open("wb") as file:

        def assembled(*models: runtime.Model | Variant, share: float | None = None, **changes: Any) -> middleware.Edge:
            known = [model if isinstance(model, Variant) else variant_of(model, "champion", "7") for model in models]
            lineup = Lineup(*known, share=share)
            made.append(assembly.Assembled(settings.Settings(**changes), lineup, log=file.fileno()))
            return middleware.Edge(gate=made[-1].gate)

        yield assembled
        for one in made:
            one.close()


@pytest.fixture(scope="session")
def application(around: Around, served: runtime.Model) -> middleware.Edge:
    """The application as the service puts it in front of BentoML."""
    return around(served)


@pytest.fixture(scope="session")
def ask_of() -> Callable[[Application], Ask]:
    """Make a client of an application."""

    def client_of(application: Application) -> Ask:
        transport = httpx.ASGITransport(application)

        async def send(method: str, path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://service", trust_env=False) as client:
                return await client.request(method, path, content=content, headers=headers)

        def ask(content: Any = b"", path: str = "/v1/predict", method: str = "POST", **headers: str) -> httpx.Response:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return asyncio.run(send(method, path, body, named))

        return ask

    return client_of


@pytest.fixture(scope="session")
def ask(ask_of: Callable[[Application], Ask], application: middleware.Edge) -> Ask:
    """Send a request: content (bytes, or what becomes JSON), path, method, and headers with _ for -."""
    return ask_of(application)


@pytest.fixture(scope="session")
def ask_each(ask_of: Callable[[Application], Ask], around: Around, each: SimpleNamespace) -> Ask:
    """Send a request to the application around the model of each task."""
    return ask_of(around(each.served))


@pytest.fixture(scope="session")
def error_of() -> Callable[[httpx.Response], dict[str, Any]]:
    """Return the error of a response after checking that it has the one shape all errors have."""

    def read(response: httpx.Response) -> dict[str, Any]:
        assert response.headers["content-type"] == "application/json"
        body = response.json()
        assert set(body) == {"error", "request_id"}
        assert response.headers["x-request-id"] == body["request_id"] != ""
        error = body["error"]
        assert set(error) == {"code", "message", "fields"}
        assert error["code"].replace("_", "").isalpha()
        assert error["message"].endswith(".")
        assert all(set(field) == {"path", "message"} for field in error["fields"])
        assert all(isinstance(value, str) for field in error["fields"] for value in field.values())
        assert "Traceback" not in response.text
        return error

    return read


@pytest.fixture(scope="session")
def model_files(
    tmp_path_factory: pytest.TempPathFactory, onnx: bytes, served: runtime.Model, rows: list[dict[str, Any]]
) -> list[Path]:
    """The files of a model as 05_package hands them on."""
    folder = tmp_path_factory.mktemp("models")
    data.save_bytes(onnx, folder / "model.onnx")
    data.save_json(served.signature, folder / "signature.json")
    data.save_json({"version": "7"}, folder / "lineage.json")
    data.save_json(golden.golden_rows(served, rows[:24]), folder / "golden.json")
    data.save_json(sections.Predictions(), folder / "predictions.json")
    return sorted(folder.iterdir())


@pytest.fixture(scope="session")
def bento(tmp_path_factory: pytest.TempPathFactory, project: Path, model_files: list[Path]) -> Path:
    """A real Bento of the made-up model."""
    folder = tmp_path_factory.mktemp("built") / "bento"
    packaging.build_bento(model_files, project / "requirements" / "serve.txt", folder, version="7")
    return folder


@pytest.fixture(scope="session")
def address(bento: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where `live serve` serves that Bento; Ctrl-C ends it without a stack trace and frees its port."""
    folder, port = tmp_path_factory.mktemp("serving"), server.free_port()
    log, environ = folder / "serve.log", {**os.environ, "BENTOML_HOME": str(folder / "home")}
    program = f"from {cli.__name__} import main; main()"
    command = [sys.executable, "-c", program, "serve", "--bento", str(bento), "--port", str(port)]
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=environ, start_new_session=True)
    try:
        server.wait_until_ready(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)
    assert log.read_text(encoding="utf-8").startswith(f"Serving {bento} on http://127.0.0.1:{port} ")
    assert "Traceback" not in log.read_text(encoding="utf-8")
    server.check_port("127.0.0.1", port)


def forked(work: Callable[[], Any]) -> int:
    """Do something in a copy of this process, which has imported all it needs, and return the copy's number."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)
