"""API keys: a file says whose they are, what they may ask and until when, and holds only their hashes.

    {"keys": [{"id": "reports", "sha256": "9f86d0…", "scopes": ["predict"], "expires": "2027-03-31"}]}

A key is 256 random bits, which nobody finds by trying, so that one SHA-256 hides it as well as a slow hash would.
Several keys are valid at once, so that a caller gets its next one before the old one ends.
"""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from ....core.writing import replacing
from ...settings import SettingError
from ..routes import Scope

PREFIX = "live_"
SECRET_BYTES = 32
Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", description="letters, digits, . _ and -")]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z", description="64 hexadecimal digits")]


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One key: its owner's name, which logs show, its hash, its scopes, and the last day on which it is valid (UTC)."""

    id: Name
    sha256: Hash
    scopes: Annotated[list[Scope], Meta(min_length=1)]
    expires: date | None = None

    @property
    def until(self) -> float:
        """The moment its last day ends, in seconds since 1970."""
        return datetime.combine(self.expires, time.max, UTC).timestamp() if self.expires else float("inf")


class KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All keys of a service."""

    keys: list[Key]


def load_keys(path: Path) -> list[Key]:
    """Return the keys of a file.

    Raises:
        SettingError: it can't be read, isn't such a file, or two of its keys have the same id or hash.
    """
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=KeyFile).keys
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise SettingError(
            f"The file of API keys, {path}, can't be read ({reason}): make one with `live keys new --file {path}`."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingError(f"The file of API keys, {path}, can't be used: {problem(error)}.") from None
    for what, known in (("id", [key.id for key in keys]), ("sha256", [key.sha256 for key in keys])):
        if len(set(known)) < len(known):
            places = [place for place, value in enumerate(known) if known.count(value) > 1]
            raise SettingError(
                f"The file of API keys, {path}, can't be used: the keys at {places[0]} and {places[1]} have one {what}."
            )
    return keys


def problem(error: Exception) -> str:
    """Return what is wrong with the file, without what it holds."""
    text, _, place = str(error).partition(" - at `$")
    where = f" at {place.rstrip('`').lstrip('.')}" if place else ""
    if "regex" in text:
        wanted = Hash if place.rstrip("`").endswith("sha256") else Name
        return f"it takes {wanted.__metadata__[0].description}{where}"
    if "enum" in text:
        return f"the scopes are {' and '.join(get_args(Scope))}{where}"
    if isinstance(error, msgspec.ValidationError):
        return f"{text[:1].lower()}{text[1:]}{where}"
    return "it isn't JSON"


def save_keys(keys: list[Key], path: Path) -> None:
    """Write keys, whole. A new file is its owner's alone; one that was there keeps who may read it."""
    with replacing(path) as unfinished:
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(KeyFile(keys)), indent=2) + b"\n")


def made(name: str, scopes: list[Scope], expires: date | None) -> tuple[str, Key]:
    """Return a new secret, and what the file keeps of it.

    Raises:
        SettingError: the name is none that logs can show.
    """
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        raise SettingError(
            f"{name!r} is no name of a key: it takes letters, digits and, between them, . _ and -, 64 in all."
        ) from None
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    return secret, Key(name, sha256(secret.encode()).hexdigest(), scopes, expires)
