"""The OpenAPI document: complete, consistent in itself, and true of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis

from {{cookiecutter.__package}}.core import params
from {{cookiecutter.__package}}.live.api.openapi import document as describe
from {{cookiecutter.__package}}.live.api.requests import RequestModel
from {{cookiecutter.__package}}.live.edge.middleware import Edge
from {{cookiecutter.__package}}.live.edge.routes import ROUTES
from {{cookiecutter.__package}}.live.variants.lineup import Lineup
from {{cookiecutter.__package}}.live.variants.variant import variant_of

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


PREDICT_ERRORS = {"400", "405", "408", "409", "413", "415", "422", "429", "431", "500", "503"}


def test_the_document_is_openapi(document: dict[str, Any], quick_params: params.Params):
    """It is held against the specification's own schema, and names the model and its version."""
    schemathesis.openapi.from_dict(document).validate()
    assert document["openapi"].startswith("3.1")
    assert (document["info"]["title"], document["info"]["version"]) == (quick_params.name, "7")


def test_a_fault_would_be_found(document: dict[str, Any]):
    """The check above isn't one that passes anything."""
    del document["paths"]["/v1/info"]["get"]["responses"]["200"]["description"]
    with pytest.raises(Exception, match="description"):
        schemathesis.openapi.from_dict(document).validate()


def test_every_path_that_is_served_is_described(application: Edge, document: dict[str, Any]):
    """And no other: each as an operation with an id of its own, a summary and described answers."""
    served = {route.path for route in ROUTES if route.path in application.gate.handlers or route.bento}
    assert set(document["paths"]) == served - {"/docs.json", "/schema.json"}
    operations = [entry for item in document["paths"].values() for entry in item.values()]
    assert len({entry["operationId"] for entry in operations}) == len(operations)
    for entry in operations:
        assert entry["summary"]
        assert {"200", "400", "405", "408", "431", "500", "503"} <= set(entry["responses"])
        assert all(resolved(document, answer)["description"] for answer in entry["responses"].values())


def test_every_error_has_one_shape_and_its_headers(document: dict[str, Any]):
    """The id of the request everywhere, and when to come again where that helps."""
    described = document["paths"]["/v1/predict"]["post"]["responses"]
    assert set(described) == {"200", *PREDICT_ERRORS}
    for status in PREDICT_ERRORS:
        answer = resolved(document, described[status])
        assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorResponse"}
        assert ("Retry-After" in answer["headers"]) == (status in ("429", "503"))
        assert "X-Request-Id" in answer["headers"]


def test_callers_say_who_they_are_only_where_they_have_to(application: Edge, document: dict[str, Any], made: Any):
    """Without authentication there is nothing of it; with it, what needs a caller says how to be one."""
    assert "securitySchemes" not in document["components"]
    lineup = Lineup(variant_of(made.served, "champion", "7"))
    requests = RequestModel(made.schema.features)
    secured = describe(lineup, requests, served=application.gate.handlers, secured=True)
    schemathesis.openapi.from_dict(secured).validate()
    assert set(secured["components"]["securitySchemes"]) == {"bearer", "key"}
    asked = {path for path, item in secured["paths"].items() for entry in item.values() if "security" in entry}
    assert asked == {route.path for route in ROUTES if route.scope and route.path in secured["paths"]}
    assert {"401", "403"} <= set(secured["paths"]["/v1/info"]["get"]["responses"])
    assert "401" not in secured["paths"]["/livez"]["get"]["responses"]


def test_rows_may_come_in_arrow(document: dict[str, Any]):
    """Both content types are described, both ways."""
    entry = document["paths"]["/v1/predict"]["post"]
    both = {"application/json", "application/vnd.apache.arrow.stream"}
    assert set(entry["requestBody"]["content"]) == set(entry["responses"]["200"]["content"]) == both


def test_a_row_that_was_answered_is_the_example(made: Any, rows: list[dict[str, Any]]):
    """Where one is known, a reader can try it at once."""
    champion = variant_of(made.served, "champion", "7")._replace(example=rows[0])
    known = describe(Lineup(champion), RequestModel(made.schema.features), served=["/v1/predict"], secured=False)
    content = known["paths"]["/v1/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"] == {"rows": [rows[0]]}
    jsonschema.validate(content["example"], {**known, **content["schema"]})


def test_every_reference_leads_somewhere(document: dict[str, Any]):
    """No generator of clients stumbles over a name that isn't there."""
    found = list(references(document))
    assert found
    assert all(resolved(document, {"$ref": reference}) for reference in found)


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
        answer = resolved(document, described[str(response.status_code)])
        jsonschema.validate(response.json(), {**document, **answer["content"]["application/json"]["schema"]})


def test_information_is_as_described(ask_each: Ask):
    """For each task."""
    document = ask_each(path="/v1/openapi.json", method="GET").json()
    schema = document["paths"]["/v1/info"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(ask_each(path="/v1/info", method="GET").json(), {**document, **schema})
