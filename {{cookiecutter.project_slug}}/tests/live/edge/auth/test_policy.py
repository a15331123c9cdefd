"""Who is let in: what a request may present, what it is told, and what is never told."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from {{cookiecutter.__package}}.live.answers import Answer, RequestError
from {{cookiecutter.__package}}.live.edge.access import AccessLog
from {{cookiecutter.__package}}.live.edge.auth.policy import Guard, guard_of
from {{cookiecutter.__package}}.live.edge.exchange import Caller, Exchange
from {{cookiecutter.__package}}.live.edge.metrics import Metrics
from {{cookiecutter.__package}}.live.edge.middleware import Edge, Gate
from {{cookiecutter.__package}}.live.edge.rates import rates_of
from {{cookiecutter.__package}}.live.settings import SettingError, Settings

KEY, ADMIN = b"live_" + b"k" * 43, b"live_" + b"a" * 43
Headers = list[tuple[bytes, bytes]]


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    """A file with a key for predictions, and one for the rest."""
    known = [("reports", KEY, ["predict"]), ("ops", ADMIN, ["admin"])]
    entries = [{"id": name, "sha256": sha256(key).hexdigest(), "scopes": scopes} for name, key, scopes in known]
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": entries}))
    return str(path)


@pytest.fixture
def guard_for() -> Iterator[Callable[[Settings], Guard]]:
    """Open the guard that settings ask for."""
    opened = []

    def make(wanted: Settings) -> Guard:
        guard = guard_of(wanted)
        assert guard is not None
        opened.append(guard)
        return guard

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def guard(guard_for: Callable[[Settings], Guard], issuer: Any, key_file: str) -> Guard:
    """One that takes keys and tokens."""
    return guard_for(issuer.settings(auth="keys,jwt", api_keys=key_file))


@pytest.fixture
def let_in(guard: Guard, exchange_of: Callable[..., Exchange]) -> Callable[..., Caller]:
    """Say who asks, by a request's headers."""
    return lambda *headers: asyncio.run(guard.caller(exchange_of(*headers)))


def bearer(secret: bytes) -> tuple[bytes, bytes]:
    """Return the header that a client sends which has a token."""
    return b"authorization", b"Bearer " + secret


GOOD = [
    [bearer(KEY)],
    [(b"authorization", b"bearer " + KEY)],
    [(b"authorization", b"BEARER   " + KEY + b"  ")],
    [(b"x-api-key", KEY)],
    [(b"x-api-key", KEY), (b"authorization", b"Basic cHJveHk6cHJveHk=")],
    [(b"x-api-key", KEY), bearer(b"a-token-of-the-proxy's")],
    [(b"accept", b"*/*"), (b"accept", b"text/html"), bearer(KEY)],
]


@pytest.mark.parametrize("headers", GOOD)
def test_a_key_is_taken_as_a_bearer_s_or_by_a_header_of_its_own(let_in: Callable[..., Caller], headers: Headers):
    """The second is for who needs Authorization for a proxy in between."""
    assert let_in(*headers) == ("reports", {"predict"})


def test_keys_and_tokens_can_both_be_taken(let_in: Callable[..., Caller], issuer: Any):
    """Whichever is presented."""
    assert let_in(bearer(KEY)).name == "reports"
    assert let_in(bearer(issuer.token())).name == "jwt:reports"


MISSING: list[Headers] = [
    [],
    [(b"authorization", b"Basic " + KEY)],
    [(b"authorization", KEY)],
    [(b"authorization", b"")],
]
INVALID: list[Headers] = [
    [bearer(b"")],
    [bearer(b"live_" + b"x" * 43)],
    [bearer(KEY[:-1])],
    [bearer(KEY + b"=")],
    [bearer(KEY + b" " + KEY)],
    [bearer(b"\xff\xfe")],
    [bearer("schlüssel".encode())],
    [bearer(b"x" * 30_000)],
    [bearer(b"a.b.c")],
    [bearer(b"." * 8000)],
    [(b"x-api-key", b"")],
    [(b"x-api-key", b""), bearer(KEY)],
    [(b"x-api-key", b"Bearer " + KEY)],
    [bearer(KEY), bearer(KEY)],
    [bearer(ADMIN), bearer(KEY)],
    [(b"authorization", b"Basic eA=="), bearer(KEY)],
    [(b"x-api-key", ADMIN), (b"x-api-key", KEY)],
    [(b"x-api-key", KEY), bearer(KEY), bearer(KEY)],
]


def refused(let_in: Callable[..., Caller], headers: Headers) -> RequestError:
    """Return the refusal of a request."""
    with pytest.raises(RequestError) as error:
        let_in(*headers)
    return error.value


@pytest.mark.parametrize("headers", MISSING)
def test_who_presents_nothing_is_told_how_to(let_in: Callable[..., Caller], headers: Headers):
    """RFC 6750 wants no error where no token was sent."""
    error = refused(let_in, headers)
    assert (error.status, error.headers) == (401, ((b"www-authenticate", b"Bearer"),))
    assert "Authorization: Bearer" in error.message


@pytest.mark.parametrize("headers", INVALID)
def test_whatever_is_wrong_is_refused_with_the_same_words(let_in: Callable[..., Caller], headers: Headers):
    """An unknown key, an expired token and two headers: nobody learns which it was."""
    error = refused(let_in, headers)
    assert (error.status, error.code, error.problems) == (401, "unauthenticated", [])
    assert error.headers == ((b"www-authenticate", b'Bearer error="invalid_token"'),)
    assert error.message == refused(let_in, [bearer(b"nobody's")]).message


def test_a_token_that_expired_is_refused_as_an_unknown_key_is(let_in: Callable[..., Caller], issuer: Any):
    """The same words again."""
    said = {refused(let_in, [bearer(secret)]).message for secret in (issuer.token(exp=1), issuer.token("other"), b"x")}
    assert len(said) == 1


def test_without_jwt_among_its_ways_a_service_takes_no_token(
    guard_for: Callable[[Settings], Guard], issuer: Any, key_file: str, exchange_of: Callable[..., Exchange]
):
    """And the other way round."""
    keys, tokens = guard_for(Settings(auth="keys", api_keys=key_file)), guard_for(issuer.settings())
    for guard, secret in ((keys, issuer.token()), (tokens, KEY)):
        with pytest.raises(RequestError, match="isn't valid here"):
            asyncio.run(guard.caller(exchange_of(bearer(secret))))


@pytest.mark.parametrize("auth", ["", "none", " NONE "])
def test_without_authentication_there_is_no_guard(auth: str):
    """Which isn't the same as one that lets everybody in, for it costs nothing."""
    assert guard_of(Settings(auth=auth)) is None


SETTINGS = [
    (Settings(auth="password"), "LIVE_AUTH is 'password': it takes keys, jwt"),
    (Settings(auth="keys,none", api_keys="k.json"), "LIVE_AUTH is 'keys,none'"),
    (Settings(auth="keys"), "needs LIVE_API_KEYS"),
    (Settings(auth="keys", api_keys="/nowhere/keys.json"), "can't be read"),
    (Settings(api_keys="keys.json"), "LIVE_API_KEYS is set, but LIVE_AUTH doesn't name keys"),
    (Settings(auth="keys", jwt_jwks_url="https://i/jwks"), "LIVE_JWT_JWKS_URL is set, but LIVE_AUTH doesn't name jwt"),
    (Settings(auth="jwt"), "needs LIVE_JWT_ISSUER"),
]


@pytest.mark.parametrize(("wanted", "said"), SETTINGS)
def test_settings_that_would_leave_a_door_open_are_refused(wanted: Settings, said: str):
    """Whoever sets half of them believes that the service is guarded."""
    with pytest.raises(SettingError, match=said):
        guard_of(wanted)


def test_a_service_that_nobody_could_ask_doesn_t_start(tmp_path: Path):
    """A file without keys is a mistake at the start; later it means that all were taken back."""
    path = tmp_path / "keys.json"
    path.write_text('{"keys": []}')
    with pytest.raises(SettingError, match=r"There is no API key in .* `live keys new"):
        guard_of(Settings(auth="keys", api_keys=str(path)))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[tuple[AccessLog, Path]]:
    """An access log, and the file it writes."""
    path = tmp_path / "access.log"
    with path.open("wb") as file:
        access = AccessLog(file.fileno())
        yield access, path
        access.close()


@pytest.fixture
def ask(guard: Guard, log: tuple[AccessLog, Path]) -> Callable[..., httpx.Response]:
    """Ask an edge that answers predictions and metrics, with raw headers."""

    async def answer(exchange: Exchange, receive: Any) -> Answer:
        return Answer(200, b"{}")

    handlers = {"/v1/predict": answer, "/metrics": answer}
    edge = Edge(gate=Gate(handlers, Metrics(), access=log[0], guard=guard))

    async def send(headers: Headers, method: str, path: str) -> httpx.Response:
        transport = httpx.ASGITransport(edge)
        async with httpx.AsyncClient(transport=transport, base_url="http://service", trust_env=False) as client:
            return await client.request(method, path, headers=headers)

    return lambda headers, method="POST", path="/v1/predict": asyncio.run(send(headers, method, path))


def test_a_scope_opens_its_own_paths_alone(ask: Callable[..., httpx.Response]):
    """Who may ask for predictions reads no metrics, and the other way round: 403 says what is missing."""
    assert ask([bearer(KEY)]).status_code == 200
    assert ask([bearer(ADMIN)], "GET", "/metrics").status_code == 200
    for headers, method, path, scope in (
        ([bearer(ADMIN)], "POST", "/v1/predict", "predict"),
        ([bearer(KEY)], "GET", "/metrics", "admin"),
    ):
        answer = ask(headers, method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
        assert scope in answer.json()["error"]["message"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=200).map(lambda some: b"Bearer " + some),
        st.lists(st.binary(max_size=40), min_size=3, max_size=3).map(lambda parts: b"Bearer " + b".".join(parts)),
        st.sampled_from([b"Bearer " + KEY, b"Bearer " + ADMIN, b"bearer  " + KEY]),
    )
)
def test_no_authorization_header_makes_anything_but_an_answer(ask: Callable[..., httpx.Response], content: bytes):
    """200, 401 or 403, in the one shape that errors have; 200 only for the key."""
    answer = ask([(b"authorization", content)])
    assert answer.status_code in (200, 401, 403)
    assert (answer.status_code == 200) == (content.lower().startswith(b"bearer ") and content.split()[1:] == [KEY])
    assert answer.status_code == 200 or set(answer.json()) == {"error", "request_id"}


def test_no_answer_and_no_log_holds_a_secret(
    ask: Callable[..., httpx.Response],
    issuer: Any,
    log: tuple[AccessLog, Path],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    """Good or bad, as a key, a token or something else: the log has the caller's name."""
    caplog.set_level(logging.DEBUG)
    planted = [KEY, ADMIN, b"live_planted-and-wrong", b"planted.token.x", issuer.token(), issuer.token(exp=1)]
    answers = [ask([header]) for secret in planted for header in (bearer(secret), (b"x-api-key", secret))]
    answers += [ask([(b"authorization", b"Basic " + secret)]) for secret in planted]
    assert {answer.status_code for answer in answers} == {200, 401, 403}
    log[0].drain.flush()
    written = log[1].read_text()
    everything = written + caplog.text + "".join(capfd.readouterr())
    everything += "".join(f"{answer.text}{answer.headers}" for answer in answers)
    for secret in planted:
        assert secret.decode() not in everything
        assert sha256(secret).hexdigest() not in everything
    assert {json.loads(line).get("caller") for line in written.splitlines()} == {"reports", "ops", "jwt:reports", None}


def test_only_who_asks_for_tokens_or_redis_pays_their_memory(key_file: str):
    """cryptography and Redis' client take more of a worker than the model does."""
    program = f"""
        import sys
        from {Settings.__module__} import Settings
        from {guard_of.__module__} import guard_of
        from {rates_of.__module__} import rates_of
        guard_of(Settings(auth="keys", api_keys={key_file!r}))
        rates_of(Settings(rate_limit="5/second"))
        print(*set(sys.modules).intersection(["jwt", "cryptography", "redis"]))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == ""
