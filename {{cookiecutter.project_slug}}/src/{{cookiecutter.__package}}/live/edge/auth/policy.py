"""Which ways of authentication a service takes."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ...settings import SettingError, Settings
from ..exchange import Caller, Exchange
from .credentials import invalid, presented
from .keyring import Keyring
from .keys import load_keys

NONE, KEYS, JWT = "none", "keys", "jwt"


class Way(Protocol):
    """One way of saying who asks."""

    def caller(self, secret: bytes) -> Caller | None:
        """Return whose it is, or None if it isn't valid."""

    def close(self) -> None:
        """End what runs beside requests."""


class Guard:
    """Says who asks, by the key or the token that a request presents; without either way, it lets nobody in."""

    def __init__(self, keys: Way | None = None, tokens: Way | None = None) -> None:
        self.keys, self.tokens = keys, tokens

    async def caller(self, exchange: Exchange) -> Caller:
        """Return who asks.

        Raises:
            RequestError: 401, if nobody can tell; 503, if just now nobody can tell for a token.
        """
        secret = presented(exchange)
        # A token has two dots, a key none.
        way = self.tokens if self.keys is None or (self.tokens and secret.count(b".") == 2) else self.keys
        caller = way.caller(secret) if way else None
        if caller is None:
            raise invalid()
        return caller

    def close(self) -> None:
        """End what runs beside requests."""
        for way in (self.keys, self.tokens):
            if way:
                way.close()


def ways(settings: Settings) -> set[str]:
    """Return the ways of authentication that LIVE_AUTH names.

    Raises:
        SettingError: it names something else, or `none` and another, or leaves out what another setting is for.
    """
    named = {part.strip().lower() for part in settings.auth.split(",")} - {""}
    if named - {NONE, KEYS, JWT} or (NONE in named and len(named) > 1):
        raise SettingError(f"LIVE_AUTH is {settings.auth!r}: it takes keys, jwt, both with a comma between, or none.")
    # Who sets these believes that they guard something.
    for way, setting in ((KEYS, "api_keys"), (JWT, "jwt_jwks_url")):
        if getattr(settings, setting) and not named & {way, NONE}:
            raise SettingError(f"LIVE_{setting.upper()} is set, but LIVE_AUTH doesn't name {way}: add it there.")
    return named


def check_guard(settings: Settings) -> None:
    """Make sure that a guard can be made, without making one.

    Raises:
        SettingError: a setting that authentication needs is missing or wrong.
    """
    named = ways(settings)
    if KEYS in named:
        known_keys(settings)
    if JWT in named:
        from .tokens import check_tokens

        check_tokens(settings)


def known_keys(settings: Settings) -> Path:
    """Return where the keys are, of which there is at least one.

    Raises:
        SettingError: the setting is missing, or the file can't be used.
    """
    if not settings.api_keys:
        raise SettingError("LIVE_AUTH asks for keys, which needs LIVE_API_KEYS: the file that they are in.")
    path = Path(settings.api_keys)
    if not load_keys(path):
        raise SettingError(f"There is no API key in {path}: make one with `live keys new --file {path}`.")
    return path


def guard_of(settings: Settings) -> Guard | None:
    """Return the guard that the settings ask for, or None where everybody may ask everything.

    Raises:
        SettingError: a setting that authentication needs is missing or wrong.
    """
    check_guard(settings)
    named = ways(settings) - {NONE}
    if not named:
        return None
    tokens = None
    if JWT in named:
        # This loads cryptography.
        from .tokens import tokens_of

        tokens = tokens_of(settings)
    return Guard(Keyring(known_keys(settings)) if KEYS in named else None, tokens)
