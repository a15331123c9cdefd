"""The OpenAPI document of the service, derived from the model's signature."""

from __future__ import annotations

from typing import Any

import msgspec

from ...core.schema import Signature
from .requests import RequestModel


class ModelIdentity(msgspec.Struct):
    """Which model answered."""

    name: str
    version: str
    sha256: str
    variant: str


class Field(msgspec.Struct):
    """A field of the request that is wrong."""

    path: str
    message: str


class Error(msgspec.Struct):
    """What went wrong."""

    code: str
    message: str
    fields: list[Field]


class ErrorResponse(msgspec.Struct):
    """Every error has this shape."""

    error: Error
    request_id: str


class ClassPredictions(msgspec.Struct):
    """One class and its probabilities for each row."""

    predictions: list[str]
    probabilities: list[list[float]]
    classes: list[str]
    model: ModelIdentity
    request_id: str


class NumberPredictions(msgspec.Struct):
    """One number for each row."""

    predictions: list[float]
    model: ModelIdentity
    request_id: str


def document(signature: Signature, requests: RequestModel, version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of POST /v1/predict and GET /v1/info."""
    answer = ClassPredictions if signature.classes else NumberPredictions
    (request, good, bad), components = msgspec.json.schema_components(
        [requests.type, answer, ErrorResponse], ref_template="#/components/schemas/{name}"
    )
    responses = {"200": response("The predictions, in the order of the rows.", good)}
    for status, text in {"400": "No JSON.", "413": "Too large.", "422": "Doesn't fit the features."}.items():
        responses[status] = response(text, bad)
    predict = {
        "summary": f"Predict {signature.target}",
        "operationId": "predict",
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "responses": responses,
    }
    info = {
        "summary": "The model and its features",
        "operationId": "info",
        "responses": {"200": response("The model, its task, classes and features.", {"type": "object"})},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": signature.name, "version": version},
        "paths": {"/v1/predict": {"post": predict}, "/v1/info": {"get": info}},
        "components": {"schemas": components},
    }


def response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return one OpenAPI response with a JSON body."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}
