"""Spools: files to which one process appends lines, each locked by its writer for as long as that lives.

Whoever gets the lock of a spool may be sure that nobody writes it any more. The kernel lets go of it when its process
ends, in whatever way.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

# What reads a folder of Parquet files passes by a name that begins like this.
FOLDER = "_spool"
ENDING = ".jsonl"


class Spool:
    """One file, from the moment it is opened until its writer closes it."""

    def __init__(self, folder: Path) -> None:
        """Make a file of one's own in `folder`, and lock it.

        Raises:
            OSError: that isn't possible.
        """
        place = folder / FOLDER
        place.mkdir(parents=True, exist_ok=True)
        now, self.started = datetime.now(UTC), time.monotonic()
        host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:64]
        self.path = place / f"{host}-{os.getpid()}-{now:%Y%m%dT%H%M%S%f}{ENDING}"
        self.file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = self.records = 0
        self.synced, self.torn = True, False
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.is_gone:
                raise OSError("another process took the spool for one that was left behind")
            sync_folder(place)
        except OSError:
            os.close(self.file)
            raise

    @property
    def seconds(self) -> float:
        """How long ago it was opened."""
        return time.monotonic() - self.started

    @property
    def is_gone(self) -> bool:
        """Whether somebody deleted it."""
        return os.fstat(self.file).st_nlink == 0

    def write(self, line: bytes, records: int) -> None:
        """Append a line, whole or not at all.

        Raises:
            OSError: there is no room, or no such disk any more; what was written before is untouched.
        """
        self.mend()
        self.synced, self.torn = False, True
        try:
            written = 0
            while written < len(line):
                written += os.write(self.file, line[written:])
            self.torn = False
        finally:
            self.mend()
        self.size += written
        self.records += records

    def mend(self) -> None:
        """Cut off what was written of a line that could not be written whole."""
        if self.torn:
            os.ftruncate(self.file, self.size)
            self.torn = False

    def sync(self) -> None:
        """Make sure that what was written survives the machine."""
        if not self.synced:
            os.fsync(self.file)
            self.synced = True

    def close(self) -> None:
        """Let go of it: it may be published now."""
        try:
            self.sync()
        finally:
            os.close(self.file)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive the machine."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def spools(folder: Path) -> list[Path]:
    """Return the spools of a folder, the oldest names first."""
    return sorted((folder / FOLDER).glob(f"*{ENDING}"))


@contextmanager
def taken(path: Path) -> Iterator[bytes | None]:
    """Yield what is in a spool that nobody writes any more, and hold its lock; None if somebody does, or it is gone."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        # Between opening and locking, another may have published and deleted it.
        if os.fstat(file).st_nlink == 0:
            yield None
        else:
            with open(file, "rb", closefd=False) as content:
                yield content.read()
    finally:
        os.close(file)
