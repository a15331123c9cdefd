"""The keys that are valid now: found by their hash, and read again when their file changes."""

from __future__ import annotations

import hmac
import logging
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ...settings import SettingError
from ..exchange import Caller
from .keys import Key, load_keys

SECONDS = 2.0
logger = logging.getLogger(__name__)
State = tuple[int, int, int] | None


class Known(NamedTuple):
    """A key as requests need it."""

    digest: bytes
    caller: Caller
    until: float


class Keyring:
    """Knows whose key it is. A thread watches the file, so that no request ever waits for it."""

    def __init__(self, path: Path, *, seconds: float = SECONDS) -> None:
        self.path, self.seconds = path, seconds
        self.seen = state(path)
        self.known = by_hash(load_keys(path))
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.watch, name="keys", daemon=True)
        self.thread.start()

    def caller(self, secret: bytes) -> Caller | None:
        """Return whose key this is, or None if it is nobody's or no longer valid.

        How long it takes tells nothing of the keys: what is looked up and compared is the SHA-256 of what was
        presented, and who doesn't know a key can't choose a hash that begins as the key's does.
        """
        digest = sha256(secret).digest()
        known = self.known.get(digest)
        if known is None or not hmac.compare_digest(known.digest, digest) or known.until <= time.time():
            return None
        return known.caller

    def watch(self) -> None:
        """Look at the file now and then, until it is closed."""
        while not self.closing.wait(self.seconds):
            self.refresh()

    def refresh(self) -> None:
        """Read the file if it changed; one that can't be used leaves everything as it was, and is named once."""
        now = state(self.path)
        if now == self.seen:
            return
        self.seen = now
        try:
            self.known = by_hash(load_keys(self.path))
        except Exception as error:
            # Without this thread, no key could be taken back any more.
            said = str(error) if isinstance(error, SettingError) else f"Reading them failed: {type(error).__name__}."
            logger.error("The API keys stay as they were. %s", said)
        else:
            logger.warning("The API keys were read again: there are %d.", len(self.known))

    def close(self) -> None:
        """Stop watching."""
        self.closing.set()
        self.thread.join()


def by_hash(keys: list[Key]) -> dict[bytes, Known]:
    """Return keys by their hash."""
    digests = [bytes.fromhex(key.sha256) for key in keys]
    return {
        digest: Known(digest, Caller(key.id, frozenset(key.scopes)), key.until)
        for digest, key in zip(digests, keys, strict=True)
    }


def state(path: Path) -> State:
    """Return what changes when a file is written or replaced, or None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
