"""Requests as the edge sees them, and an issuer of tokens as there are on the internet, but on loopback."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from {{cookiecutter.__package}}.live.edge.exchange import Exchange
from {{cookiecutter.__package}}.live.settings import Settings

AUDIENCE = "https://predictions.example.org"
ALGORITHM_OF = {"rsa": "RS256", "other": "RS256", "ec": "ES256", "ed": "EdDSA"}


@cache
def private(key: str) -> Any:
    """Return what the issuer signs with."""
    if ALGORITHM_OF[key] == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1()) if key == "ec" else ed25519.Ed25519PrivateKey.generate()


class IssuerServer:
    """Publishes public keys on a port of its own; `keys`, `status` and `seconds` say which, how and how slowly."""

    def __init__(self) -> None:
        self.keys, self.status, self.seconds, self.asked = ["rsa", "ec", "ed"], 200, 0.0, 0
        issuer = self

        class Answering(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                time.sleep(issuer.seconds)
                body = issuer.described() if self.path.startswith("/.well-known/") else issuer.body()
                self.send_response(issuer.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def described(self) -> bytes:
        """Return what it says of itself, at the address that OpenID Connect gives it."""
        return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/jwks", "scopes_supported": ["x"]}).encode()

    def body(self) -> bytes:
        """Return the key set, with a shared secret and a key for encryption beside what is for signatures."""
        others = [{"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}, {**public("other"), "use": "enc", "kid": "sealing"}]
        return json.dumps({"keys": [*map(public, self.keys), *others]}).encode()

    def token(self, key: str = "rsa", header: dict[str, Any] | None = None, **claims: Any) -> bytes:
        """Sign a token that is good unless `claims` says otherwise; a claim that is None is left out."""
        now = int(time.time())
        good = {"iss": self.url, "aud": AUDIENCE, "sub": "reports", "exp": now + 300, "iat": now, "scope": "predict"}
        kept = {name: value for name, value in {**good, **claims}.items() if value is not None}
        head = {name: value for name, value in {"kid": key, **(header or {})}.items() if value is not None}
        # Below `jwt.encode`, which refuses to sign what nobody should.
        return jwt.PyJWS().encode(json.dumps(kept).encode(), private(key), ALGORITHM_OF[key], headers=head).encode()

    def settings(self, **others: Any) -> Settings:
        """Return the settings of a service that takes its tokens."""
        known = {"auth": "jwt", "jwt_issuer": self.url, "jwt_audience": AUDIENCE, "jwt_jwks_url": f"{self.url}/jwks"}
        return Settings(**{**known, "jwt_algorithms": "RS256,ES256,EdDSA", **others})


def public(key: str) -> dict[str, Any]:
    """Return the public half of a key as key sets have it."""
    algorithm = jwt.get_algorithm_by_name(ALGORITHM_OF[key])
    return {**algorithm.to_jwk(private(key).public_key(), as_dict=True), "kid": key, "alg": ALGORITHM_OF[key]}


@pytest.fixture
def issuer() -> Iterator[IssuerServer]:
    """An issuer that answers."""
    found = IssuerServer()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def public_key() -> Any:
    """What everybody may know of the issuer's RSA key."""
    return private("rsa").public_key()


@pytest.fixture(scope="session")
def exchange_of() -> Callable[..., Exchange]:
    """Make a request with these headers; a list holds them in order, and as often as they are there."""

    def made(*headers: tuple[bytes, bytes]) -> Exchange:
        scope = {"type": "http", "method": "POST", "path": "/v1/predict", "headers": list(headers)}
        return Exchange({**scope, "client": ("127.0.0.1", 5)}, None)

    return made


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is so, and fail if that takes longer than five seconds."""

    def wait(is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5
        while not is_so():
            assert time.monotonic() < deadline, "it didn't happen in time"
            time.sleep(0.01)

    return wait
