"""JSON web tokens: signed by the issuer for this service, and not expired. Importing this loads cryptography."""

from __future__ import annotations

import re
import time
from hashlib import sha256
from typing import Any, NamedTuple, get_args

import jwt

from ...answers import RequestError
from ...settings import SettingError, Settings
from ..exchange import Caller
from ..routes import Scope
from .discovery import TRUSTED_URL
from .issuer import Issuer

# A shared secret would let everybody who can check a token make one, and `none` let everybody make one.
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS = 30
MOST_KNOWN = 10_000
LONGEST_NAME = 64
SCOPES = frozenset(get_args(Scope))
SCOPE_CLAIMS = ("scope", "scp", "roles")
NAME_CLAIMS = ("sub", "client_id", "azp")
UNSAFE = re.compile(r"[^A-Za-z0-9._@:|-]")


class Verified(NamedTuple):
    """Whom a token speaks for, and until when that is remembered."""

    caller: Caller
    until: float


class Tokens:
    """Knows whom a token speaks for. What was verified once is remembered by the token's hash until it expires."""

    def __init__(self, settings: Settings, issuer: Issuer) -> None:
        self.issuer = issuer
        self.issued_by = settings.jwt_issuer
        self.audiences = listed(settings.jwt_audience)
        self.algorithms = listed(settings.jwt_algorithms)
        self.known: dict[bytes, Verified] = {}
        self.known_by = issuer.keys

    def caller(self, token: bytes) -> Caller | None:
        """Return whom a token speaks for, or None if it isn't valid.

        Raises:
            RequestError: the issuer's keys can't be had (503).
        """
        # A key that the issuer took back takes with it what it had signed.
        if self.known_by is not self.issuer.keys:
            self.known, self.known_by = {}, self.issuer.keys
        digest = sha256(token).digest()
        verified = self.known.get(digest)
        if verified is None:
            return self.verified(digest, token)
        if verified.until > time.time() and self.issuer.known:
            return verified.caller
        del self.known[digest]
        return self.verified(digest, token)

    def verified(self, digest: bytes, token: bytes) -> Caller | None:
        """Return whom a token speaks for that wasn't seen before, and remember it."""
        try:
            header = jwt.get_unverified_header(token)
            name, algorithm = header.get("kid"), header["alg"]
            if algorithm not in self.algorithms:
                return None
            if not self.issuer.known:
                raise unavailable()
            key = self.known_by.get(name)
            if key is None:
                self.issuer.ask()
                return None
            if key.algorithm not in (None, algorithm):
                return None
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                audience=self.audiences,
                issuer=self.issued_by,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
            verified = Verified(Caller(name_of(claims), scopes_of(claims)), until(claims))
        except RequestError:
            raise
        except Exception:
            # Whatever a token makes a library raise, it isn't valid.
            return None
        if len(self.known) >= MOST_KNOWN:
            del self.known[next(iter(self.known))]
        self.known[digest] = verified
        return verified.caller

    def close(self) -> None:
        """Stop fetching keys."""
        self.issuer.close()


def name_of(claims: dict[str, Any]) -> str:
    """Return a name that a log can hold: of what is cut or cleaned, a hash keeps two callers apart.

    The ids of API keys have no colon, so that no token can pass for one.
    """
    said = next((str(claims[claim]) for claim in NAME_CLAIMS if claims.get(claim)), "")
    name = UNSAFE.sub("_", said)[:LONGEST_NAME]
    if name != said:
        name = f"{name[: LONGEST_NAME - 9]}~{sha256(said.encode(errors='replace')).hexdigest()[:8]}"
    return f"jwt:{name}"


def scopes_of(claims: dict[str, Any]) -> frozenset[str]:
    """Return which of our scopes a token has, in any of the claims that issuers put them in."""
    found: set[str] = set()
    for claim in SCOPE_CLAIMS:
        value = claims.get(claim)
        if isinstance(value, str):
            value = value.split()
        if isinstance(value, list):
            found |= {scope for scope in value if isinstance(scope, str)}
    return SCOPES & found


def until(claims: dict[str, Any]) -> float:
    """Return when a token expires, or in an hour if that is sooner."""
    return float(min(int(claims["exp"]), int(time.time()) + 3600))


def unavailable() -> RequestError:
    """Return what is said while no token can be checked; those who presented one shall keep it."""
    said = "Tokens can't be checked just now: their issuer can't be reached."
    return RequestError(503, "issuer_unavailable", said, headers=((b"retry-after", b"5"),))


def tokens_of(settings: Settings) -> Tokens:
    """Return what checks tokens as the settings say.

    Raises:
        SettingError: a setting is missing or wrong.
    """
    check_tokens(settings)
    return Tokens(settings, Issuer(settings.jwt_jwks_url, name=settings.jwt_issuer))


def check_tokens(settings: Settings) -> None:
    """Make sure that tokens can be checked as the settings say, and that the check is worth something.

    Raises:
        SettingError: a setting is missing or wrong.
    """
    for setting in ("jwt_issuer", "jwt_audience"):
        if not listed(getattr(settings, setting)):
            raise SettingError(f"LIVE_AUTH asks for jwt, which needs LIVE_{setting.upper()}.")
    wrong = [name for name in listed(settings.jwt_algorithms) if name not in ASYMMETRIC]
    if wrong or not listed(settings.jwt_algorithms):
        said = f"names {wrong[0]!r}" if wrong else "names none"
        raise SettingError(f"LIVE_JWT_ALGORITHMS {said}: it takes {', '.join(ASYMMETRIC)}, which have public keys.")
    asked = "jwt_jwks_url" if settings.jwt_jwks_url else "jwt_issuer"
    if not TRUSTED_URL.match(getattr(settings, asked)):
        said = "has to begin with https:// (or http:// and this machine's own address)"
        raise SettingError(f"LIVE_{asked.upper()} {said}.")


def listed(text: str) -> list[str]:
    """Return what is separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]
