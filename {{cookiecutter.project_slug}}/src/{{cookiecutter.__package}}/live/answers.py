"""What a request is answered with: a body of bytes, or an error in the one shape that all errors have."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import orjson

JSON, ARROW = b"application/json", b"application/vnd.apache.arrow.stream"
Headers = tuple[tuple[bytes, bytes], ...]


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong, and where: 'rows[0].distance'."""

    path: str
    message: str


class RequestError(Exception):
    """A request that can't be answered: HTTP status, error code, one sentence, the fields at fault, and headers."""

    def __init__(
        self, status: int, code: str, message: str, problems: list[Problem] | None = None, headers: Headers = ()
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.problems, self.headers = problems or [], headers


class Answer(NamedTuple):
    """What is sent back; `headers` come beside content type, length and request id."""

    status: int
    body: bytes
    media_type: bytes = JSON
    headers: Headers = ()


def refusal(error: RequestError, request_id: str) -> Answer:
    """Return an error in the one shape all errors have."""
    fields = [{"path": problem.path, "message": problem.message} for problem in error.problems]
    detail = {"code": error.code, "message": error.message, "fields": fields}
    return Answer(error.status, orjson.dumps({"error": detail, "request_id": request_id}), headers=error.headers)
