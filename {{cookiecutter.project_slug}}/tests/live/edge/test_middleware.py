"""The edge answers everything, whatever is asked and whatever goes wrong behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from {{cookiecutter.__package}}.live.answers import Answer, RequestError
from {{cookiecutter.__package}}.live.edge import exchange as asgi
from {{cookiecutter.__package}}.live.edge import routes
from {{cookiecutter.__package}}.live.edge.access import AccessLog
from {{cookiecutter.__package}}.live.edge.auth.policy import Guard
from {{cookiecutter.__package}}.live.edge.exchange import Application, Caller, Exchange
from {{cookiecutter.__package}}.live.edge.metrics import Metrics
from {{cookiecutter.__package}}.live.edge.middleware import Edge, Gate
from {{cookiecutter.__package}}.live.edge.rates import rates_of
from {{cookiecutter.__package}}.live.settings import Settings

Ask = Callable[..., httpx.Response]
AskOf = Callable[[Application], Ask]
ErrorOf = Callable[[httpx.Response], dict[str, Any]]


async def bento(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
    """Answer as BentoML does."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"well"})


async def fine(exchange: Exchange, receive: asgi.Receive) -> Answer:
    """Answer."""
    return Answer(200, b"{}")


def edge_with(app: Application = bento, private: bool = False, **changes: Any) -> Edge:
    """Return an edge whose handlers answer with an empty object."""
    handlers = {route.path: fine for route in routes.ROUTES if not route.bento}
    return Edge(app, gate=Gate(**{"handlers": handlers, "metrics": Metrics(), **changes}), private=private)


def told(edge: Edge, scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what an edge sends."""
    sent: list[dict[str, Any]] = []
    coming = iter([*messages, {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(edge({"type": "http", "method": "GET", "path": "/", "headers": [], **scope}, receive, send))
    return sent


def test_a_method_that_is_not_taken_names_those_that_are(ask_of: AskOf, error_of: ErrorOf):
    """In the sentence and in the header."""
    response = ask_of(edge_with())(path="/v1/info", method="POST")
    assert error_of(response)["message"] == "This path takes GET only."
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_head_is_get_without_its_body(ask: Ask):
    """With the same headers."""
    get, head = (ask(path="/v1/info", method=method) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] != "0"


def test_an_id_that_was_sent_is_kept_and_one_that_a_log_can_not_hold_is_not(ask_of: AskOf):
    """It is the caller's, so that it finds its request in our log."""
    ask = ask_of(edge_with())
    assert ask(path="/v1/info", method="GET", x_request_id="job-7.a_B").headers["x-request-id"] == "job-7.a_B"
    for bad in ("", "a b", "x" * 65, 'x"y', "ü", "a\tb"):
        made = ask(path="/v1/info", method="GET", x_request_id=bad.encode()).headers["x-request-id"]
        assert made != bad
        assert len(made) == 32


def test_before_the_model_is_loaded_the_service_says_so(ask_of: AskOf, error_of: ErrorOf):
    """And BentoML says whether it is well."""
    ask = ask_of(Edge(bento))
    response = ask({"rows": []})
    assert (response.status_code, error_of(response)["code"]) == (503, "starting")
    assert response.headers["retry-after"] == "1"
    assert ask(path="/livez", method="GET").text == "well"


@pytest.mark.parametrize("failure", [RuntimeError("secret-3f"), KeyError("secret-3f"), RecursionError(), MemoryError()])
def test_whatever_a_handler_raises_becomes_an_answer(
    ask_of: AskOf, error_of: ErrorOf, caplog: pytest.LogCaptureFixture, failure: Exception
):
    """With an id that the log names, and nothing of what was asked in either."""

    async def broken(exchange: Exchange, receive: asgi.Receive) -> Answer:
        raise failure

    response = ask_of(edge_with(handlers={"/v1/info": broken}))(path="/v1/info", method="GET")
    assert (response.status_code, error_of(response)["code"]) == (500, "internal")
    assert response.json()["request_id"] in caplog.text
    assert "secret" not in caplog.text + response.text


def test_bentoml_that_fails_is_answered_for(ask_of: AskOf, error_of: ErrorOf):
    """Before its answer began; afterwards the connection ends."""

    async def broken(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        if scope["path"] == "/readyz":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    response = ask_of(edge_with(broken))(path="/livez", method="GET")
    assert (response.status_code, error_of(response)["code"]) == (500, "internal")
    assert [message["type"] for message in told(edge_with(broken), {"path": "/readyz"})] == ["http.response.start"]


def test_a_caller_who_is_gone_is_no_failure():
    """Nobody is there to be told."""

    async def gone(message: dict[str, Any]) -> None:
        raise OSError("connection reset")

    scope = {"type": "http", "method": "GET", "path": "/v1/info", "headers": []}
    asyncio.run(edge_with()(scope, lambda: None, gone))


def test_what_is_noted_badly_is_answered_all_the_same(ask_of: AskOf):
    """A log that can't be written, for example."""

    class Broken(AccessLog):
        def __init__(self) -> None:
            pass

        def note(self, exchange: Exchange) -> None:
            raise OSError

    assert ask_of(edge_with(access=Broken()))(path="/v1/info", method="GET").status_code == 200


def test_a_websocket_is_closed():
    """There is none here."""
    assert told(edge_with(), {"type": "websocket"}) == [{"type": "websocket.close", "code": 1008}]


def test_every_answer_of_bentoml_has_the_request_s_id(ask_of: AskOf):
    """So that its log and ours can be read together."""
    response = ask_of(edge_with())(path="/readyz", method="GET", x_request_id="mine")
    assert (response.text, response.headers["x-request-id"]) == ("well", "mine")


@pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: route.path)
def test_a_private_port_has_the_inner_paths_and_the_public_one_the_others(ask_of: AskOf, route: routes.Route):
    """Both say whether the service is well; without a private port, one has them all."""
    well = route.path in ("/livez", "/readyz", "/healthz")
    method = route.methods[0]

    def found(edge: Edge) -> bool:
        return ask_of(edge)(path=route.path, method=method).status_code == 200

    assert found(edge_with())
    assert found(edge_with(parted=True)) == (not route.inner)
    assert found(edge_with(private=True, parted=True)) == (route.inner or well)


class Only(Guard):
    """Knows one caller, by what it says its name is."""

    async def caller(self, exchange: Exchange) -> Caller:
        """Return the caller."""
        if exchange.headers.get(b"x-name") != b"ada":
            raise RequestError(401, "unauthorized", "Send a key.")
        return Caller("ada", frozenset({"predict"}))


@pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: route.path)
def test_what_needs_a_scope_is_closed_to_others(ask_of: AskOf, error_of: ErrorOf, route: routes.Route):
    """Nobody is let in unknown, and nobody may do what his scopes don't say; health and documents are open."""
    ask, method = ask_of(edge_with(guard=Only())), route.methods[0]
    assert ask(path=route.path, method=method).status_code == (401 if route.scope else 200)
    known = ask(path=route.path, method=method, x_name="ada")
    assert known.status_code == (403 if route.scope == "admin" else 200)
    if known.status_code == 403:
        assert error_of(known)["code"] == "forbidden"


def test_who_is_unknown_may_not_try_for_ever(ask_of: AskOf, error_of: ErrorOf):
    """Attempts are counted by address; who is known from there is counted by name."""
    ask = ask_of(edge_with(guard=Only(), rates=rates_of(Settings(rate_limit="2/hour"))))
    assert [ask().status_code for _ in range(3)] == [401, 401, 429]
    assert [ask(x_name="ada").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("route", [route for route in routes.ROUTES if not route.bento], ids=lambda route: route.path)
def test_a_path_that_this_service_leaves_out_is_not_found(ask_of: AskOf, error_of: ErrorOf, route: routes.Route):
    """Whoever asks, and before anything is counted for him."""
    answer = ask_of(edge_with(handlers={}, guard=Only()))(path=route.path, method=route.methods[0])
    assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")


@given(
    path=st.text(max_size=40) | st.sampled_from([route.path for route in routes.ROUTES]),
    method=st.text(min_size=1, max_size=10) | st.sampled_from(["GET", "POST", "HEAD", "OPTIONS"]),
    headers=st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=80)), max_size=5),
    body=st.binary(max_size=200),
)
def test_nothing_that_is_asked_makes_the_edge_raise(
    path: str, method: str, headers: list[tuple[bytes, bytes]], body: bytes
):
    """It answers once, whole, with a length that is true."""
    scope = {"path": path, "method": method, "headers": headers}
    start, end = told(edge_with(), scope, {"type": "http.request", "body": body})
    assert start["status"] in (200, 404, 405)
    if path not in ("/livez", "/readyz", "/healthz", "/schema.json"):
        known = dict(start["headers"])
        assert method == "HEAD" or int(known[b"content-length"]) == len(end["body"])


def test_health_is_counted_and_not_logged(ask_of: AskOf, tmp_path: Path):
    """An orchestrator asks every second, and the log is for people; what isn't well is there."""
    with (tmp_path / "log").open("wb") as file:
        log = AccessLog(file.fileno())
        edge = edge_with(access=log)
        ask_of(edge)(path="/livez", method="GET")
        ask_of(edge)(path="/v1/info", method="GET")
        log.close()
    (line,) = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["route"] == "/v1/info"
    assert b'route="/livez"' in edge.gate.metrics.text()
