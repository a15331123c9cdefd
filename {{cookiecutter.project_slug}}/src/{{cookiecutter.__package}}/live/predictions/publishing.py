"""Publishing: spools that are finished become Parquet files by day, and days that are too old are deleted.

A Parquet file has the name of its spool, is written whole, and only then the spool is deleted. Whatever kills a
publisher on that way, the next one writes the same file again: nothing is lost, and nothing is there twice.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from .blocks import read_blocks
from .spool import FOLDER, spools, sync_folder, taken

# Beside no feature's name, so that tools that make a column of it never find two.
DAY = "request_day="
OF_A_DAY = re.compile(DAY + r"(\d{4}-\d{2}-\d{2})")
LOCK = ".publishing"


class Published(NamedTuple):
    """What was done: rows written, lines that were cut off or damaged, and the days that were deleted."""

    rows: int = 0
    torn: int = 0
    damaged: int = 0
    deleted: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """What a log should say of it; nothing if all went as it should."""
        said = []
        if self.torn:
            said.append(f"The last line of {self.torn} spools was cut off where their process was killed.")
        if self.damaged:
            said.append(
                f"{self.damaged} lines of spools are damaged and were left out; the spools are kept as .damaged."
            )
        if self.deleted:
            said.append(f"Predictions of {', '.join(self.deleted)} were deleted: they were older than is kept.")
        return said


def publish(folder: Path, retain_days: int | None = None, *, today: date | None = None) -> Published:
    """Publish every finished spool of a folder; with `retain_days`, delete the days before.

    Raises:
        OSError: a file can't be read or written.
    """
    if not folder.is_dir():
        return Published()
    done = Published()
    with alone(folder):
        for path in spools(folder):
            done = published(folder, path, done)
        if retain_days:
            oldest = (today or datetime.now(UTC).date()) - timedelta(days=retain_days)
            done = done._replace(deleted=tuple(deleted(folder, oldest)))
    return done


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process publishes this folder, and keep others waiting."""
    (folder / FOLDER).mkdir(exist_ok=True)
    file = os.open(folder / FOLDER / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def published(folder: Path, path: Path, done: Published) -> Published:
    """Publish one spool, if nobody writes it, and return what was done with it and before."""
    with taken(path) as content:
        if content is None:
            return done
        found, rows = read_blocks(content), 0
        if found.blocks:
            # pyarrow takes longer to load than most publishers have to do.
            from .parquet import save_days, table_of

            rows = save_days(folder, path.stem, [table_of(block) for block in found.blocks])
        if found.damaged:
            path.rename(path.with_suffix(".damaged"))
        else:
            path.unlink()
        sync_folder(path.parent)
    return done._replace(rows=done.rows + rows, torn=done.torn + found.torn, damaged=done.damaged + found.damaged)


def days(folder: Path) -> dict[date, Path]:
    """Return the folders that hold a day each."""
    found = {}
    for path in sorted(folder.glob(f"{DAY}*")):
        named = OF_A_DAY.fullmatch(path.name)
        try:
            if named and path.is_dir() and not path.is_symlink():
                found[date.fromisoformat(named[1])] = path
        except ValueError:
            continue
    return found


def deleted(folder: Path, oldest: date) -> Iterator[str]:
    """Delete the days before `oldest`, and yield them. What is in their folders beside Parquet files stays."""
    for day, place in days(folder).items():
        if day >= oldest:
            continue
        for path in [*place.glob("*.parquet"), *place.glob(".*.parquet.unfinished")]:
            path.unlink()
        if not any(place.iterdir()):
            place.rmdir()
        yield day.isoformat()
