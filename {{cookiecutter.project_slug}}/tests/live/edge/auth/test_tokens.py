"""Tokens: which ones are taken, what they may ask, and what becomes of them when the issuer changes or goes away."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from {{cookiecutter.__package}}.live.answers import RequestError
from {{cookiecutter.__package}}.live.edge.auth import tokens
from {{cookiecutter.__package}}.live.edge.auth.issuer import Issuer, Pace
from {{cookiecutter.__package}}.live.settings import SettingError, Settings

Eventually = Callable[[Callable[[], bool]], None]
NOW = int(time.time())
QUICK = Pace(refresh=0.05, retry=0.05, least=0.02, stale=3600)


@pytest.fixture
def tokens_for(issuer: Any) -> Iterator[Callable[..., tokens.Tokens]]:
    """Open what checks the issuer's tokens, at a given pace."""
    opened = []

    def make(pace: Pace | None = None, **settings: Any) -> tokens.Tokens:
        known = issuer.settings(**settings)
        opened.append(tokens.Tokens(known, Issuer(known.jwt_jwks_url, pace, name=issuer.url)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def checked(tokens_for: Callable[..., tokens.Tokens]) -> tokens.Tokens:
    """What checks the issuer's tokens."""
    return tokens_for()


def part(content: Any) -> bytes:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(content if isinstance(content, bytes) else json.dumps(content).encode()).rstrip(
        b"="
    )


@pytest.mark.parametrize("key", ["rsa", "ec", "ed"])
def test_a_token_of_the_issuer_is_taken_whatever_its_kind_of_key(issuer: Any, checked: tokens.Tokens, key: str):
    """And remembered: the second time, its issuer's key isn't needed."""
    token = issuer.token(key)
    assert checked.caller(token) == ("jwt:reports", {"predict"})
    assert checked.caller(token) is checked.caller(token)


SCOPES = [
    ({"scope": "openid predict profile"}, {"predict"}),
    ({"scope": "predict admin"}, {"predict", "admin"}),
    ({"scope": None, "scp": ["admin"]}, {"admin"}),
    ({"scope": None, "scp": "predict admin"}, {"predict", "admin"}),
    ({"scope": None, "roles": ["predict", 5, None, ["admin"]]}, {"predict"}),
    ({"scope": "openid"}, set()),
    ({"scope": "Predict predictions predict,admin"}, set()),
    ({"scope": {"predict": True}}, set()),
    ({"scope": None}, set()),
]


@pytest.mark.parametrize(("claims", "scopes"), SCOPES)
def test_scopes_are_read_where_issuers_put_them(
    issuer: Any, checked: tokens.Tokens, claims: dict[str, Any], scopes: set[str]
):
    """scope is words in one text, scp that or a list, roles a list; nothing else counts."""
    caller = checked.caller(issuer.token(**claims))
    assert caller is not None
    assert caller.scopes == scopes


NAMES = [
    ({"sub": "auth0|5f7c"}, r"jwt:auth0\|5f7c"),
    ({"sub": None, "client_id": "robot"}, r"jwt:robot"),
    ({"sub": None, "azp": "robot@example.org"}, r"jwt:robot@example\.org"),
    ({"sub": 'x", "status": 200\n'}, r"jwt:x____status_:_200_~[0-9a-f]{8}"),
    ({"sub": "a" * 5000}, r"jwt:a{55}~[0-9a-f]{8}"),
    ({"sub": "Zoë"}, r"jwt:Zo_~[0-9a-f]{8}"),
]


@pytest.mark.parametrize(("claims", "name"), NAMES)
def test_a_name_is_short_and_clean_enough_for_a_log(
    issuer: Any, checked: tokens.Tokens, claims: dict[str, Any], name: str
):
    """No token writes a line of the log by itself, nor passes for an API key's name."""
    caller = checked.caller(issuer.token(**claims))
    assert caller is not None
    assert re.fullmatch(name, caller.name)


def test_names_that_had_to_be_cleaned_stay_different():
    """Two callers don't share a limit because their names look alike without what was cleaned away."""
    cleaned = {tokens.name_of({"sub": sub}) for sub in ("a b", "a/b", "a\tb", "a_b", "ä" * 99, "ö" * 99)}
    assert len(cleaned) == 6


BAD_CLAIMS = {
    "expired": {"exp": NOW - 60},
    "without an end": {"exp": None},
    "an end that is no number": {"exp": "never"},
    "an end beyond all numbers": {"exp": float("inf")},
    "not valid yet": {"nbf": NOW + 3600},
    "issued in the future": {"iat": NOW + 3600},
    "for somebody else": {"aud": "https://other.example.org"},
    "for nobody": {"aud": None},
    "for a part of us": {"aud": "https://predictions.example"},
    "of another issuer": {"iss": "https://issuer.example.org"},
    "of no issuer": {"iss": None},
    "of an issuer that is a list": {"iss": ["https://issuer.example.org"]},
    "a subject that is no text": {"sub": {"name": "reports"}},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
def test_a_token_with_a_wrong_claim_is_refused(issuer: Any, checked: tokens.Tokens, claims: dict[str, Any]):
    """Although its signature is good."""
    assert checked.caller(issuer.token(**claims)) is None


def test_an_end_of_a_thousand_digits_is_just_far_away(issuer: Any, checked: tokens.Tokens):
    """It is remembered for an hour at most, and breaks nothing."""
    assert checked.caller(issuer.token(exp=10**999)) is not None


BAD_HEADERS = {
    "an unknown key": {"kid": "nobody"},
    "no key": {"kid": None},
    "a key that is a list": {"kid": ["rsa"]},
    "the shared secret": {"kid": "shared"},
    "the key for encryption": {"kid": "sealing"},
    "another key": {"kid": "ec"},
    "a demand nobody knows": {"crit": ["b65"], "b65": True},
}


@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_a_token_that_names_the_wrong_key_is_refused(issuer: Any, checked: tokens.Tokens, header: dict[str, Any]):
    """Only the issuer's keys for signatures count, each with its own algorithm."""
    signed = issuer.token().split(b".")
    signed[0] = part({"alg": "RS256", "kid": "rsa", **header})
    assert checked.caller(b".".join(signed)) is None
    if "kid" in header and not isinstance(header["kid"], list):
        assert checked.caller(issuer.token(header=header)) is None


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 5, "HS256", "RS512", "PS256", "RS256 "])
def test_an_algorithm_that_isn_t_the_key_s_is_refused(issuer: Any, checked: tokens.Tokens, algorithm: Any):
    """Signed or not: what a token says of its algorithm chooses none."""
    head, claims, signature = issuer.token().split(b".")
    head = part({"alg": algorithm, "kid": "rsa", "typ": "JWT"})
    for signed in (signature, b"", part(b"x")):
        assert checked.caller(b".".join([head, claims, signed])) is None


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(
    issuer: Any, checked: tokens.Tokens, public_key: Any, form: PublicFormat
):
    """The oldest trick: HS256 with what everybody knows."""
    secret = public_key.public_bytes(Encoding.PEM, form)
    signed = part({"alg": "HS256", "kid": "rsa"}) + b"." + issuer.token().split(b".")[1]
    forged = signed + b"." + part(hmac.new(secret, signed, hashlib.sha256).digest())
    assert checked.caller(forged) is None


def test_a_token_is_refused_wherever_one_sign_of_it_is_changed(issuer: Any, checked: tokens.Tokens):
    """Except in the last sign of a part, whose last bits may be padding that stands for nothing."""
    token = issuer.token("ec")
    ends = {place - 1 for place, sign in enumerate(token + b".") if sign == ord(".")}
    for place in range(0, len(token), 3):
        if place not in ends:
            sign = b"A" if token[place : place + 1] != b"A" else b"B"
            assert checked.caller(token[:place] + sign + token[place + 1 :]) is None, place


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b".",
        b"..",
        b"...",
        b"a.b.c",
        b"\xff.\xff.\xff",
        b"e30.e30.",
        b"bnVsbA.bnVsbA.",
        b"W10.W10.W10",
        part(b"[" * 3000) + b".e30.e30",
        part(b'{"alg":' * 500) + b".e30.",
        b"." * 8000,
        b"a" * 8000,
    ],
)
def test_what_is_no_token_at_all_is_refused(checked: tokens.Tokens, token: bytes):
    """Nothing that a library may raise gets out."""
    assert checked.caller(token) is None


def test_a_remembered_token_ends_when_it_expires(issuer: Any, checked: tokens.Tokens, monkeypatch: pytest.MonkeyPatch):
    """It was good a moment ago."""
    monkeypatch.setattr(tokens, "LEEWAY_SECONDS", 0)
    token = issuer.token(exp=int(time.time()) + 2)
    assert checked.caller(token) is not None
    time.sleep(2.01)
    assert checked.caller(token) is None
    assert checked.known == {}


def test_only_so_many_tokens_are_remembered(issuer: Any, checked: tokens.Tokens, monkeypatch: pytest.MonkeyPatch):
    """The oldest make room."""
    monkeypatch.setattr(tokens, "MOST_KNOWN", 3)
    sent = [issuer.token("ed", sub=f"caller-{n}") for n in range(5)]
    assert all(checked.caller(token) for token in sent)
    assert len(checked.known) == 3
    assert all(checked.caller(token) for token in sent)


def test_a_new_key_is_found_when_the_first_token_of_it_comes(
    issuer: Any, tokens_for: Callable[..., tokens.Tokens], eventually: Eventually
):
    """Long before the keys would have been fetched anyway."""
    checked = tokens_for(Pace(least=0.05))
    issuer.keys = ["rsa", "other"]
    token = issuer.token("other")
    eventually(lambda: checked.caller(token) is not None)
    assert issuer.asked == 2


def test_a_key_that_was_taken_back_takes_remembered_tokens_with_it(
    issuer: Any, tokens_for: Callable[..., tokens.Tokens], eventually: Eventually
):
    """A stolen key's tokens end with the next look at the issuer, not when they expire."""
    checked = tokens_for(QUICK)
    token, other = issuer.token("rsa"), issuer.token("ec")
    assert checked.caller(token)
    issuer.keys = ["ec"]
    eventually(lambda: checked.caller(token) is None)
    assert checked.caller(other)


def test_nobody_can_make_the_service_ask_the_issuer_often(issuer: Any, tokens_for: Callable[..., tokens.Tokens]):
    """A flood of tokens with made-up keys: one look at the issuer in each span of time."""
    checked = tokens_for(Pace(least=0.2))
    ends = time.monotonic() + 1.0
    sent = 0
    while time.monotonic() < ends:
        assert checked.caller(issuer.token("ed", header={"kid": f"made-up-{sent}"})) is None
        sent += 1
    assert sent > 100
    assert 2 <= issuer.asked <= 7


@pytest.mark.parametrize("outage", [500, 302, "slow", "garbage", "gone", "no keys"])
def test_while_the_issuer_is_away_its_keys_stay_valid(
    issuer: Any,
    tokens_for: Callable[..., tokens.Tokens],
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    outage: int | str,
):
    """New tokens too; and when it is back, its new keys are found."""
    checked = tokens_for(QUICK)
    if outage == "gone":
        checked.issuer.url = "http://127.0.0.1:9/jwks"
    elif outage == "garbage":
        monkeypatch.setattr(issuer, "body", lambda: b'{"keys": 5}')
    elif outage == "no keys":
        monkeypatch.setattr(issuer, "body", lambda: b'{"keys": []}')
    elif outage == "slow":
        issuer.seconds = 6
    else:
        issuer.status = outage
    if outage == "slow":
        time.sleep(0.3)
    else:
        eventually(lambda: not checked.issuer.reached)
        assert "could not be fetched" in caplog.text
    assert checked.caller(issuer.token("rsa")) is not None


def test_an_openid_provider_says_itself_where_its_keys_are(
    issuer: Any, tokens_for: Callable[..., tokens.Tokens], eventually: Eventually
):
    """Its name is enough, and is asked again while it is away."""
    issuer.status = 503
    checked = tokens_for(QUICK, jwt_jwks_url="")
    assert not checked.issuer.known
    issuer.status = 200
    eventually(lambda: checked.issuer.known)
    assert checked.caller(issuer.token()) == ("jwt:reports", {"predict"})


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://other.example.org", "jwks_uri": "{url}/jwks"},
        {"issuer": "{url}", "jwks_uri": "http://other.example.org/jwks"},
        {"issuer": "{url}", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "{url}"},
        [],
    ],
    ids=["another's name", "an open line", "a file", "no address", "no document"],
)
def test_a_provider_that_is_not_itself_is_not_believed(
    issuer: Any, monkeypatch: pytest.MonkeyPatch, tokens_for: Callable[..., tokens.Tokens], described: Any
):
    """Nobody is let in on its keys."""
    said = json.dumps(described).replace("{url}", issuer.url).encode()
    monkeypatch.setattr(issuer, "described", lambda: said)
    checked = tokens_for(QUICK, jwt_jwks_url="")
    with pytest.raises(RequestError, match="issuer can't be reached"):
        checked.caller(issuer.token())


def test_keys_of_an_issuer_that_stays_away_end(issuer: Any, tokens_for: Callable[..., tokens.Tokens]):
    """Then nobody can tell whether a token is good: 503, for remembered ones as well, and not 401."""
    checked = tokens_for(QUICK._replace(stale=0.3))
    token = issuer.token()
    assert checked.caller(token)
    issuer.status = 500
    time.sleep(0.5)
    for one in (token, issuer.token("ec")):
        with pytest.raises(RequestError) as refused:
            checked.caller(one)
        assert (refused.value.status, refused.value.code) == (503, "issuer_unavailable")
        assert dict(refused.value.headers) == {b"retry-after": b"5"}
    assert checked.caller(b"e30.e30.") is None


def test_a_service_starts_while_the_issuer_is_away_and_finds_it_later(
    issuer: Any, tokens_for: Callable[..., tokens.Tokens], eventually: Eventually
):
    """A restart in an outage doesn't add to it."""
    issuer.status = 503
    checked = tokens_for(QUICK)
    with pytest.raises(RequestError, match="issuer can't be reached"):
        checked.caller(issuer.token())
    issuer.status = 200
    eventually(lambda: checked.issuer.known)
    assert checked.caller(issuer.token()) is not None


def test_fetching_keys_never_holds_the_event_loop_up(issuer: Any, tokens_for: Callable[..., tokens.Tokens]):
    """However slow the issuer is, and however many made-up tokens ask for it."""
    checked = tokens_for(QUICK)
    issuer.seconds = 0.5
    unknown = issuer.token("ed", header={"kid": "nobody"})

    async def longest_pause() -> float:
        longest, last, ends = 0.0, time.perf_counter(), time.perf_counter() + 1.2
        while last < ends:
            checked.caller(unknown)
            await asyncio.sleep(0.001)
            longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
        return longest

    assert asyncio.run(longest_pause()) < 0.25
    assert issuer.asked >= 2


def test_no_log_holds_a_token(
    issuer: Any, checked: tokens.Tokens, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    """Good or bad."""
    caplog.set_level(logging.DEBUG)
    for token in (issuer.token(), issuer.token(exp=1), issuer.token(header={"kid": "planted"}), b"planted.a.b"):
        checked.caller(token)
        for piece in token.decode().split("."):
            assert len(piece) < 2 or piece not in caplog.text
    assert "planted" not in caplog.text + "".join(capfd.readouterr())


SETTINGS = [
    ({"jwt_issuer": ""}, "needs LIVE_JWT_ISSUER"),
    ({"jwt_audience": ""}, "needs LIVE_JWT_AUDIENCE"),
    ({"jwt_audience": " , "}, "needs LIVE_JWT_AUDIENCE"),
    ({"jwt_jwks_url": "", "jwt_issuer": "http://i"}, "LIVE_JWT_ISSUER has to begin with https://"),
    ({"jwt_jwks_url": "http://issuer.example.org/jwks"}, "has to begin with https://"),
    ({"jwt_jwks_url": "http://localhost.example.org/jwks"}, "has to begin with https://"),
    ({"jwt_jwks_url": "file:///etc/passwd"}, "has to begin with https://"),
    ({"jwt_algorithms": "RS256,HS256"}, "names 'HS256'"),
    ({"jwt_algorithms": "none"}, "names 'none'"),
    ({"jwt_algorithms": ","}, "names none"),
]


@pytest.mark.parametrize(("changes", "said"), SETTINGS)
def test_settings_that_guard_nothing_are_refused_at_the_start(changes: dict[str, str], said: str):
    """In one sentence that names the setting, before anything is fetched."""
    known = {
        "jwt_issuer": "https://i",
        "jwt_audience": "us",
        "jwt_jwks_url": "https://i/jwks",
        "jwt_algorithms": "RS256",
    }
    with pytest.raises(SettingError, match=said):
        tokens.tokens_of(Settings(auth="jwt", **{**known, **changes}))
