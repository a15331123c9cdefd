"""What a request presents to say who asks, and the one refusal that all wrong credentials meet."""

from __future__ import annotations

from ...answers import RequestError
from ..exchange import Exchange

AUTHORIZATION, API_KEY = b"authorization", b"x-api-key"
SCHEME = b"bearer"
# A token with a caller's groups in it may be long; what is longer than this isn't even hashed.
LONGEST = 8192
MISSING = "Say who asks: send a key or a token as `Authorization: Bearer …`, or a key as `X-API-Key`."
INVALID = "What says who asks isn't valid here, or is no longer."


def presented(exchange: Exchange) -> bytes:
    """Return the key or token that a request presents.

    X-API-Key counts if it is there: Authorization may then be meant for a proxy in between.

    Raises:
        RequestError: there is none, or there are several, or it has another form.
    """
    headers = exchange.headers
    key = headers.get(API_KEY)
    secret = key if key is not None else headers.get(AUTHORIZATION)
    if secret is None:
        raise RequestError(401, "unauthenticated", MISSING, headers=challenge())
    # The dictionary holds the last of several: two readers of one request must not see different callers.
    if len(headers) != len(exchange.scope["headers"]):
        names = [name for name, _ in exchange.scope["headers"]]
        if names.count(API_KEY) > 1 or names.count(AUTHORIZATION) > 1:
            raise invalid()
    if key is None:
        scheme, _, secret = secret.partition(b" ")
        if scheme.lower() != SCHEME:
            raise RequestError(401, "unauthenticated", MISSING, headers=challenge())
        secret = secret.strip(b" ")
    if not 0 < len(secret) <= LONGEST:
        raise invalid()
    return secret


def invalid() -> RequestError:
    """Return the refusal of whatever is wrong with a credential: which part it was helps only those who guess."""
    return RequestError(401, "unauthenticated", INVALID, headers=challenge(b'error="invalid_token"'))


def challenge(detail: bytes = b"") -> tuple[tuple[bytes, bytes]]:
    """Return the header that says how to authenticate, as RFC 6750 has it: without an error where none was made."""
    return ((b"www-authenticate", b"Bearer " + detail if detail else b"Bearer"),)
