"""The public keys of whoever issues tokens: fetched by a thread of their own, seldom, and kept while it is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import jwt

from .discovery import keys_url

# How long keys are taken for the issuer's newest, and how soon it is asked again when it was away.
REFRESH_SECONDS, RETRY_SECONDS = 300.0, 10.0
# Whatever callers send, the issuer isn't asked more often than this.
LEAST_SECONDS = 10.0
# Tokens rarely live longer: while their issuer is away, there are no new ones either.
STALE_SECONDS = 3600.0
FETCH_SECONDS = 5.0
PUBLIC = ("RSA", "EC", "OKP")
logger = logging.getLogger(__name__)


class Pace(NamedTuple):
    """When the issuer is asked; tests can't wait for minutes."""

    refresh: float = REFRESH_SECONDS
    retry: float = RETRY_SECONDS
    least: float = LEAST_SECONDS
    stale: float = STALE_SECONDS


class PublicKey(NamedTuple):
    """A key that signatures are checked with, and the one algorithm it is for, if its issuer said so."""

    key: Any
    algorithm: str | None


class Issuer:
    """Holds the issuer's keys by their id. A change replaces `keys` as a whole.

    They are at `url`; without one, the issuer is asked by its name where they are.
    """

    def __init__(self, url: str, pace: Pace | None = None, *, name: str = "") -> None:
        self.pace, self.url, self.name = pace or Pace(), url, name
        self.keys: Mapping[str | None, PublicKey] = {}
        self.said: Any = None
        self.fetched = float("-inf")
        self.reached = False
        self.asked, self.closing, self.first = threading.Event(), threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.work, name="issuer", daemon=True)
        self.thread.start()
        self.first.wait(FETCH_SECONDS)

    @property
    def known(self) -> bool:
        """Whether there are keys that can still be trusted."""
        return time.monotonic() - self.fetched < self.pace.stale

    def ask(self) -> None:
        """Have the keys fetched soon: somebody presents a token of a key that isn't known."""
        self.asked.set()

    def work(self) -> None:
        """Fetch the keys again and again until it is closed."""
        while not self.closing.is_set():
            self.asked.clear()
            self.fetch()
            self.first.set()
            self.closing.wait(self.pace.least)
            self.asked.wait(max(0.0, (self.pace.refresh if self.reached else self.pace.retry) - self.pace.least))

    def fetch(self) -> None:
        """Ask the issuer for its keys; what goes wrong leaves those that were there."""
        try:
            said = self.published()
            keys = public_keys(said["keys"])
        except Exception as error:
            # Whatever an issuer answers, the thread has to live on: without it, no key would ever be replaced.
            logger.error("The keys of %s could not be fetched: %s.", self.setting, type(error).__name__)
            self.reached = False
            return
        if not self.reached and self.keys:
            logger.warning("The keys of %s can be fetched again.", self.setting)
        if said != self.said:
            self.said, self.keys = said, keys
        self.fetched, self.reached = time.monotonic(), True

    def published(self) -> Any:
        """Return the key set that the issuer publishes now."""
        url = self.url or keys_url(self.name, FETCH_SECONDS)
        return jwt.PyJWKClient(url, cache_jwk_set=False, timeout=FETCH_SECONDS).fetch_data()

    @property
    def setting(self) -> str:
        """The setting that says where the keys are."""
        return "LIVE_JWT_JWKS_URL" if self.url else "LIVE_JWT_ISSUER"

    def close(self) -> None:
        """Stop fetching; a fetch that is under way isn't waited for."""
        self.closing.set()
        self.asked.set()


def public_keys(said: list[dict[str, Any]]) -> dict[str | None, PublicKey]:
    """Return the keys for signatures that an issuer published, by their id; those of other kinds are left out.

    Raises:
        LookupError: there is none.
    """
    keys = {}
    for one in said:
        if one.get("kty") not in PUBLIC or one.get("use", "sig") != "sig":
            continue
        with suppress(jwt.PyJWTError):
            keys[one.get("kid")] = PublicKey(jwt.PyJWK(one).key, one.get("alg"))
    if not keys:
        raise LookupError("no public key for signatures")
    return keys
