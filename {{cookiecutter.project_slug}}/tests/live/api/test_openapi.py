"""The OpenAPI document: complete, consistent in itself, and true of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from {{cookiecutter.__package}}.core import params

Ask = Callable[..., httpx.Response]


@pytest.fixture
def document(ask: Ask) -> dict[str, Any]:
    """The document as a client gets it."""
    return ask(path="/v1/openapi.json", method="GET").json()


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return what a schema or the reference to one says."""
    place: Any = document
    for key in node.get("$ref", "#/").removeprefix("#/").split("/"):
        place = place[key] if key else node
    return place


def references(node: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from references(inner)


def row_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one row of a request."""
    content = document["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    rows = resolved(document, content["application/json"]["schema"])["properties"]["rows"]
    return resolved(document, rows["items"])


def test_the_document_is_openapi(document: dict[str, Any], quick_params: params.Params):
    """Version, title, and for each operation an id, a summary and described responses."""
    assert document["openapi"].startswith("3.1")
    assert document["info"] == {"title": quick_params.name, "version": "7"}
    operations = {(path, method): entry for path, item in document["paths"].items() for method, entry in item.items()}
    assert set(operations) == {("/v1/predict", "post"), ("/v1/info", "get")}
    assert len({entry["operationId"] for entry in operations.values()}) == len(operations)
    for entry in operations.values():
        assert entry["summary"]
        assert "200" in entry["responses"]
        assert all(answer["description"] for answer in entry["responses"].values())


def test_every_reference_leads_somewhere(document: dict[str, Any]):
    """No generator of clients stumbles over a name that isn't there."""
    found = list(references(document))
    assert found
    assert all(resolved(document, {"$ref": reference})["type"] for reference in found)


def test_every_feature_is_listed_and_required(document: dict[str, Any], quick_params: params.Params):
    """A row has the features of params.yaml, in their order, and nothing else."""
    row = row_of(document)
    assert list(row["properties"]) == list(quick_params.features)
    assert sorted(row["required"]) == sorted(quick_params.features)
    assert row["additionalProperties"] is False


def test_features_have_their_types_and_limits(document: dict[str, Any]):
    """What validation asks for is what the document says."""
    entries = row_of(document)["properties"]
    assert (entries["amount"]["type"], entries["amount"]["minimum"], entries["amount"]["maximum"]) == ("number", 0, 10)
    assert entries["colour"]["type"] == "string"
    assert (entries["member"]["type"], entries["since"]["type"]) == ("boolean", "string")
    assert entries["since"]["format"] == "date"
    (day,) = (choice for choice in entries["until"]["anyOf"] if choice["type"] == "string")
    assert day["format"] == "date"
    for name, kind in (("reading", "number"), ("note", "string"), ("checked", "boolean"), ("until", "string")):
        assert sorted(choice["type"] for choice in entries[name]["anyOf"]) == sorted([kind, "null"])


def test_features_are_described_in_words(document: dict[str, Any], quick_params: params.Params):
    """What params.yaml says about a feature reaches whoever writes a client, for categories too."""
    entries = row_of(document)["properties"]
    assert {name: f.about in str(entries[name]) for name, f in quick_params.features.items()} == dict.fromkeys(
        quick_params.features, True
    )


def test_the_number_of_rows_is_limited(document: dict[str, Any]):
    """One to a thousand."""
    content = document["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    rows = resolved(document, content["application/json"]["schema"])["properties"]["rows"]
    assert (rows["minItems"], rows["maxItems"]) == (1, 1000)


def test_good_and_bad_answers_are_as_described(ask_each: Ask, each: SimpleNamespace):
    """The keys of real answers are those the document requires, for each task."""
    ask, rows, document = ask_each, each.rows, ask_each(path="/v1/openapi.json", method="GET").json()
    described = document["paths"]["/v1/predict"]["post"]["responses"]
    for response in (ask({"rows": rows[:2]}), ask({"rows": []}), ask(b"no JSON"), ask(b"x" * 5 * 10**6)):
        schema = described[str(response.status_code)]["content"]["application/json"]["schema"]
        assert set(resolved(document, schema)["required"]) == set(response.json())
