"""Answers as the OpenAPI document describes them: the errors that paths share, and the headers."""

from __future__ import annotations

from typing import Any

from ..answers import JSON

FAILURES = {
    "400": "What arrived is no valid HTTP, JSON or Arrow, or not all of it arrived.",
    "401": "It isn't known who asks.",
    "403": "Who asks may not ask this.",
    "404": "There is nothing under this path.",
    "405": "The path takes other methods, which Allow names.",
    "408": "The rest of the request didn't arrive in time; the connection ends.",
    "409": "X-Model-Version asks for a version that isn't served.",
    "413": "The body is too large; the connection ends.",
    "415": "The body is of another type, or compressed.",
    "422": "The rows don't fit the model's features; each field at fault is named.",
    "429": "The caller has asked too often.",
    "431": "The head is too large; the connection ends.",
    "500": "The service failed; its log names the request.",
    "503": "The service is starting, or more requests wait than it can answer soon.",
}
BESIDE = {"401": ["WWW-Authenticate"], "405": ["Allow"], "429": ["Retry-After"], "503": ["Retry-After"]}
REQUEST_ID = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, or a token of the identity provider."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def headers(*names: str) -> dict[str, Any]:
    """Return the headers of an answer, the request's id before all."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def data_of(said: str, schema: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an answer in JSON."""
    return {"description": said, "headers": headers(*names), "content": {JSON.decode(): {"schema": schema}}}


def text_of(said: str, kind: str) -> dict[str, Any]:
    """Return an answer in text."""
    return {"description": said, "headers": headers(), "content": {kind: {"schema": {"type": "string"}}}}


def failures(*statuses: str) -> dict[str, Any]:
    """Return references to the errors of these statuses."""
    return {status: {"$ref": f"#/components/responses/Error{status}"} for status in statuses}


def parameter(name: str, said: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a header that a request may have."""
    return {"name": name, "in": "header", "required": False, "description": said, "schema": schema}


COMPONENTS = {
    "headers": {
        "X-Request-Id": {"description": "The id that logs name this request by.", "schema": REQUEST_ID},
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
        "Allow": {"description": "The methods that the path takes.", "schema": {"type": "string"}},
        "WWW-Authenticate": {"description": "How to say who asks.", "schema": {"type": "string"}},
    },
    "parameters": {
        "RequestId": parameter(
            "X-Request-Id",
            "An id for the request: 1 to 64 letters, digits, dots, hyphens and underscores; any other is replaced.",
            {"type": "string"},
        ),
        "ModelVersion": parameter(
            "X-Model-Version", "Answer with this version, or refuse.", {"type": "string", "minLength": 1}
        ),
        "RouteKey": parameter(
            "X-Route-Key", "Requests with the same key are answered by the same variant.", {"type": "string"}
        ),
    },
    "responses": {
        f"Error{status}": data_of(said, {"$ref": "#/components/schemas/ErrorResponse"}, *BESIDE.get(status, []))
        for status, said in FAILURES.items()
    },
}
