"""Where an OpenID provider publishes its keys: it says so itself, at an address made of its name.

OpenID Connect Discovery 1.0, sections 4 and 4.3.
"""

from __future__ import annotations

import re
import urllib.request

import msgspec

# Whoever could change the answer on its way could let everybody in.
TRUSTED_URL = re.compile(r"https://[^/\s]|http://(localhost|127\.0\.0\.1|\[::1\])[:/]")
LARGEST_DOCUMENT = 2**20


class Provider(msgspec.Struct):
    """What a provider says of itself, as far as it matters here."""

    issuer: str
    jwks_uri: str


def keys_url(issuer: str, seconds: float) -> str:
    """Ask a provider where its keys are; `seconds` is how long it may take.

    Raises:
        LookupError: it calls itself otherwise, or names an address that can't be trusted.
        OSError: it can't be reached.
        msgspec.DecodeError: what it says is no such document.
    """
    with urllib.request.urlopen(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=seconds) as answer:
        said = msgspec.json.decode(answer.read(LARGEST_DOCUMENT), type=Provider)
    if said.issuer != issuer:
        raise LookupError("the provider calls itself otherwise")
    if not TRUSTED_URL.match(said.jwks_uri):
        raise LookupError("the provider's keys are at an address that can't be trusted")
    return said.jwks_uri
