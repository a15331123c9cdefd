"""The HTTP interface, all of it under /v1: a plain ASGI application around one loaded model.

It is mounted into the Bento service, so that packaging and processes are BentoML's and a request still costs
only a decode, an ONNX call and an encode.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from ..core.schema import Signature
from .openapi import document
from .requests import RequestError, RequestModel
from .runtime import Model, Prediction, fields

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY = 4 * 2**20
METHODS = {"/v1/predict": "POST", "/v1/info": "GET", "/v1/openapi.json": "GET"}
logger = logging.getLogger(__name__)


class Api:
    """Answers /v1/predict, /v1/info and /v1/openapi.json; `identity` is what every answer says of its model."""

    def __init__(self, model: Model, *, version: str, variant: str) -> None:
        self.model = model
        self.requests = RequestModel(model.signature.features)
        self.identity = identity(model.signature, version, variant)
        self.info = orjson.dumps(information(model.signature, self.identity))
        self.openapi = orjson.dumps(document(model.signature, self.requests, version))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong becomes an answer in the shape of an error."""
        if scope["type"] != "http":
            return
        request_id = uuid.uuid4().hex
        try:
            status, body = 200, await self.answer(scope, receive, request_id)
        except RequestError as error:
            status, body = error.status, error_body(error, request_id)
        except Exception as error:
            logger.error("request %s failed with %s", request_id, type(error).__name__)
            broken = RequestError(500, "internal", "The service failed to answer; its log names this request.")
            status, body = 500, error_body(broken, request_id)
        await respond(send, status, body, request_id)

    async def answer(self, scope: Scope, receive: Receive, request_id: str) -> bytes:
        """Return the body of a good answer, or raise RequestError."""
        path = scope["path"].rstrip("/")
        route = (scope["method"], path)
        if route == ("POST", "/v1/predict"):
            columns = self.requests.decode(await read_body(receive))
            return self.encode(self.model.predict(columns), request_id)
        if route == ("GET", "/v1/info"):
            return self.info
        if route == ("GET", "/v1/openapi.json"):
            return self.openapi
        if path in METHODS:
            raise RequestError(405, "method_not_allowed", f"This path takes {METHODS[path]} only.")
        raise RequestError(404, "not_found", "There is no such path: try POST /v1/predict or GET /v1/info.")

    def encode(self, prediction: Prediction, request_id: str) -> bytes:
        """Return the answer to a prediction request as JSON."""
        known = {"classes": self.model.signature.classes} if self.model.signature.classes else {}
        answer = {**fields(prediction), **known, "model": self.identity, "request_id": request_id}
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def identity(signature: Signature, version: str, variant: str) -> dict[str, str]:
    """Return what a response says of the model that made it."""
    return {"name": signature.name, "version": version, "sha256": signature.sha256, "variant": variant}


def information(signature: Signature, identity: dict[str, str]) -> dict[str, Any]:
    """Return what GET /v1/info answers: the model, its task, classes and features."""
    features = {
        name: {
            "kind": feature.kind,
            "about": feature.about,
            "min": feature.min,
            "max": feature.max,
            "nullable": feature.nullable,
        }
        for name, feature in signature.features.items()
    }
    return {
        "model": identity,
        "task": signature.task,
        "target": signature.target,
        "classes": signature.classes,
        "features": features,
    }


def error_body(error: RequestError, request_id: str) -> bytes:
    """Return an error in the one shape all errors have."""
    fields = [{"path": problem.path, "message": problem.message} for problem in error.problems]
    detail = {"code": error.code, "message": error.message, "fields": fields}
    return orjson.dumps({"error": detail, "request_id": request_id})


async def read_body(receive: Receive) -> bytes:
    """Return the whole body.

    Raises:
        RequestError: it is larger than LARGEST_BODY, or the caller hung up before its end.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestError(400, "incomplete_body", "The connection closed before the whole body arrived.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST_BODY:
            raise RequestError(413, "body_too_large", f"The body has more than {LARGEST_BODY} bytes.")
        if not message.get("more_body", False):
            return b"".join(chunks)


async def respond(send: Send, status: int, body: bytes, request_id: str) -> None:
    """Send one JSON response."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
