"""The Bento, served for real: the same answers over HTTP as in the notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from {{cookiecutter.__package}}.live import golden, runtime


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
        ("GET", "/", b"", 404),
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
