"""Good requests, and the paths around them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest

from {{cookiecutter.__package}}.core import schema
from {{cookiecutter.__package}}.live import runtime
from {{cookiecutter.__package}}.live.edge import bodies, middleware
from {{cookiecutter.__package}}.live.edge.exchange import Application

Ask = Callable[..., httpx.Response]
ErrorOf = Callable[[httpx.Response], dict[str, Any]]


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_the_service_answers_as_the_model_does(ask_each: Ask, each: SimpleNamespace, count: int):
    """One row or a thousand: the very numbers of the notebook, to the last digit, in the order they were asked."""
    body = ask_each({"rows": each.rows[:count]}).json()
    expected = each.served.answer(each.table.head(count))
    if expected.probabilities is None:
        np.testing.assert_array_equal(np.array(body["predictions"], dtype=np.float32), expected.values)
    else:
        assert body["predictions"] == expected.values.tolist()
        np.testing.assert_array_equal(np.array(body["probabilities"], dtype=np.float32), expected.probabilities)


def test_an_answer_has_the_shape_of_its_task(ask_each: Ask, each: SimpleNamespace):
    """Classes come with probabilities in the order of `classes`; numbers come alone."""
    response = ask_each({"rows": each.rows[:3]})
    body, classes = response.json(), each.schema.classes
    extra = {"probabilities", "classes"} if classes else set()
    assert response.headers["content-type"] == "application/json"
    assert set(body) == {"predictions", "model", "request_id", *extra}
    assert len(body["predictions"]) == 3
    if classes:
        assert tuple(body["classes"]) == classes
        assert [len(chances) for chances in body["probabilities"]] == [len(classes)] * 3
        assert [sum(chances) for chances in body["probabilities"]] == pytest.approx([1, 1, 1])
        assert [classes[np.argmax(chances)] for chances in body["probabilities"]] == body["predictions"]
    else:
        assert all(isinstance(number, float) for number in body["predictions"])


def test_an_answer_names_the_model_that_made_it(ask: Ask, served: runtime.Model, rows: list[dict[str, Any]]):
    """Name, version, the hash of the bytes, and the variant."""
    known = {"name": served.signature.name, "version": "7", "sha256": served.signature.sha256, "variant": "champion"}
    assert ask({"rows": rows[:1]}).json()["model"] == known
    assert ask(path="/v1/info", method="GET").json()["model"] == known


def test_every_answer_has_an_id_of_its_own(ask: Ask, rows: list[dict[str, Any]]):
    """The id in the body is the one in the header, and no two are alike."""
    responses = [ask({"rows": rows[:1]}) for _ in range(5)]
    assert len({response.json()["request_id"] for response in responses}) == 5
    assert all(response.json()["request_id"] == response.headers["x-request-id"] for response in responses)


def test_the_order_of_features_in_a_row_does_not_matter(ask: Ask, rows: list[dict[str, Any]]):
    """JSON objects have no order."""
    turned = [dict(reversed(row.items())) for row in rows[:20]]
    assert ask({"rows": turned}).json()["predictions"] == ask({"rows": rows[:20]}).json()["predictions"]


def test_info_describes_the_model(ask_each: Ask, each: SimpleNamespace):
    """Task, target, classes, and every feature as params.yaml lists it."""
    body = ask_each(path="/v1/info", method="GET").json()
    signature = each.served.signature
    assert set(body) == {"model", "task", "target", "classes", "features"}
    assert (body["task"], body["target"], tuple(body["classes"])) == (
        signature.task,
        signature.target,
        signature.classes,
    )
    assert {name: schema.Feature(**entry) for name, entry in body["features"].items()} == signature.features


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/predict/more", "/v1/../etc/passwd", "/predict"])
def test_an_unknown_path_is_404(ask: Ask, error_of: ErrorOf, path: str):
    """In the shape of an error, with the paths there are."""
    response = ask(path=path, method="GET")
    error = error_of(response)
    assert (response.status_code, error["code"]) == (404, "not_found")
    assert "POST /v1/predict" in error["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/predict"), ("PUT", "/v1/predict"), ("POST", "/v1/info"), ("DELETE", "/v1/openapi.json")],
)
def test_the_wrong_method_is_405(ask: Ask, error_of: ErrorOf, method: str, path: str):
    """In the shape of an error."""
    response = ask(path=path, method=method)
    assert (response.status_code, error_of(response)["code"]) == (405, "method_not_allowed")


class Broken(runtime.Model):
    """A model that fails as onnxruntime would, with what was sent in its message."""

    def predict(self, columns: schema.Columns) -> runtime.Prediction:
        """Fail."""
        raise RuntimeError(f"/opt/model.onnx: bad input {columns['colour'].tolist()}")


def test_a_failing_model_is_500_without_details(
    ask_of: Callable[[Application], Ask],
    around: Callable[..., middleware.Edge],
    error_of: ErrorOf,
    onnx: bytes,
    served: runtime.Model,
    rows: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
):
    """Neither answer nor log repeats a value, a path or a stack trace; both have the request's id."""
    ask = ask_of(around(Broken(onnx, served.signature)))
    with caplog.at_level(logging.DEBUG):
        response = ask({"rows": [{**rows[0], "colour": "confidential-7f3a"}]})
    assert (response.status_code, error_of(response)["code"]) == (500, "internal")
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert response.json()["request_id"] in record.getMessage()
    assert record.exc_info is None
    for text in (response.text, record.getMessage()):
        assert not any(secret in text for secret in ("confidential", "model.onnx", "Traceback"))


def conversation(application: middleware.Edge, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the application sends for a predict request whose body comes in these messages."""
    sent: list[dict[str, Any]] = []
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/predict", "headers": []}
    asyncio.run(application(scope, receive, send))
    return sent


def test_a_body_may_come_in_pieces(application: middleware.Edge, ask: Ask, rows: list[dict[str, Any]]):
    """A slow client is answered as a fast one is."""
    body = httpx.Request("POST", "http://service", json={"rows": rows[:5]}).content
    pieces = [
        {"type": "http.request", "body": body[place : place + 100], "more_body": True}
        for place in range(0, len(body), 100)
    ]
    start, end = conversation(application, *pieces, {"type": "http.request"})
    assert start["status"] == 200
    assert (
        httpx.Response(200, content=end["body"]).json()["predictions"] == ask({"rows": rows[:5]}).json()["predictions"]
    )


def test_a_client_that_hangs_up_is_no_failure(application: middleware.Edge, rows: list[dict[str, Any]]):
    """A body that was cut off isn't answered as if it were whole, even where it happens to be JSON."""
    body = httpx.Request("POST", "http://service", json={"rows": rows[:1]}).content
    cut = {"type": "http.request", "body": body, "more_body": True}
    start, _ = conversation(application, cut, {"type": "http.disconnect"})
    assert start["status"] == 400


def test_an_endless_body_is_stopped_at_the_limit(application: middleware.Edge):
    """It is refused while it is still coming, so that it can't fill the memory; what is read after that is bounded."""
    piece = {"type": "http.request", "body": b"x" * 2**20, "more_body": True}
    start, _ = conversation(application, *[piece] * (5 + bodies.MOST_UNREAD // 2**20))
    assert start["status"] == 413
