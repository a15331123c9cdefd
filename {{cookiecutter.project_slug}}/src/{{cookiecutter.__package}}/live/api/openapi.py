"""The OpenAPI document of the service: true of every path that is served, for the model's own features."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from ...core.schema import Signature
from ..answers import ARROW, JSON
from ..edge.routes import ROUTES, Route
from ..variants.lineup import Lineup
from .requests import RequestModel
from .responses import COMPONENTS, SECURITY, data_of, failures, text_of
from .shapes import ClassPredictions, ErrorResponse, Information, NumberPredictions

ROWS_IN_ARROW = {
    "type": "string",
    "format": "binary",
    "description": "An Arrow IPC stream without compression: a column for each feature, up to 100,000 rows.",
}
ANSWER_IN_ARROW = {
    "type": "string",
    "format": "binary",
    "description": "An Arrow IPC stream with a column `prediction` and, where there are classes, a column "
    "`probability_…` for each; model and request id are in the schema's metadata.",
}
HEADERS = [{"$ref": f"#/components/parameters/{name}"} for name in ("RequestId", "ModelVersion", "RouteKey")]


def document(lineup: Lineup, requests: RequestModel, *, served: Collection[str], secured: bool) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the paths that are `served`, and of those that BentoML answers.

    `secured` says whether callers have to say who they are.
    """
    signature, champion = lineup.signature, lineup.champion
    answer = ClassPredictions if signature.classes else NumberPredictions
    (request, good, known, _), schemas = msgspec.json.schema_components(
        [requests.type, answer, Information, ErrorResponse], ref_template="#/components/schemas/{name}"
    )
    operations = {
        **READS,
        "/v1/predict": predict(signature, request, good, champion.example),
        "/v1/info": read("info", "The model and its features", data_of("The model and its features.", known)),
    }
    paths = {
        route.path: {"post" if route.path == "/v1/predict" else "get": guarded(operations[route.path], route, secured)}
        for route in ROUTES
        if route.path in operations and (route.path in served or route.bento)
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": signature.name,
            "version": champion.version,
            "summary": f"Predicts {signature.target}.",
            "description": "Every answer has the request's id in X-Request-Id, every error one shape.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": "predictions"}, {"name": "service"}],
        "paths": paths,
        "components": {"schemas": schemas, **COMPONENTS, **({"securitySchemes": SECURITY} if secured else {})},
    }


def predict(signature: Signature, request: Any, good: Any, example: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the description of POST /v1/predict."""
    shown = {"example": {"rows": [example]}} if example else {}
    content = {JSON.decode(): {"schema": request, **shown}, ARROW.decode(): {"schema": ROWS_IN_ARROW}}
    answered = data_of("The predictions, in the order of the rows; of the request's type unless Accept says.", good)
    answered["content"][ARROW.decode()] = {"schema": ANSWER_IN_ARROW}
    return {
        "tags": ["predictions"],
        "summary": f"Predict {signature.target}",
        "operationId": "predict",
        "parameters": HEADERS,
        "requestBody": {"required": True, "content": content},
        "responses": {"200": answered, **failures("409", "413", "415", "422")},
    }


def read(name: str, summary: str, answered: dict[str, Any], *refusals: str) -> dict[str, Any]:
    """Return the description of a path that is only read, with the refusals that it alone has."""
    return {
        "tags": ["service"],
        "summary": summary,
        "operationId": name,
        "parameters": HEADERS[:1],
        "responses": {"200": answered, **failures(*refusals)},
    }


def guarded(operation: dict[str, Any], route: Route, secured: bool) -> dict[str, Any]:
    """Return an operation with what the edge may answer in its place, and who may ask."""
    common = failures("400", "405", "408", "431", "500", "503")
    if not route.scope:
        return {**operation, "responses": {**operation["responses"], **common}}
    common |= failures("429", *(("401", "403") if secured else ()))
    security = {"security": [{name: []} for name in SECURITY]} if secured else {}
    said = {"description": f"For callers with the scope {route.scope}."} if secured else {}
    return {**operation, **said, "responses": {**operation["responses"], **common}, **security}


READS = {
    "/": read("playground", "A page to try the model on", text_of("A page.", "text/html")),
    "/v1/card": read("card", "The model's card", text_of("A page.", "text/html"), "404"),
    "/v1/traffic": read("traffic", "How much is asked just now", data_of("Numbers.", {"type": "object"})),
    "/v1/examples": read("examples", "Rows to try, with their answers", data_of("Rows.", {"type": "object"})),
    "/v1/openapi.json": read("openapi", "This document", data_of("This document.", {"type": "object"})),
    "/metrics": read("metrics", "Metrics for Prometheus", text_of("In Prometheus' text format.", "text/plain")),
    "/livez": read("livez", "Whether the process lives", text_of("It does.", "text/plain")),
    "/readyz": read("readyz", "Whether the model answers", text_of("It does.", "text/plain")),
    "/healthz": read("healthz", "Whether the service is well", text_of("It is.", "text/plain")),
}
