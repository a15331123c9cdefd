"""The thread that writes what was noted into spools.

Nothing here may hold a request up or end the service. What finds no room, in the queue or on the disk, is counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from ..drain import Count, Drain
from .lines import Note, lines
from .policy import Columns
from .publisher import Publisher
from .spool import Spool

# What may wait for the disk: requests, and rows of them, which are about 20 MB.
MOST_NOTES = 10_000
MOST_ROWS = 50_000
SYNC_SECONDS = 1.0
SPOOL_BYTES = 32 * 2**20
SPOOL_SECONDS = 600.0
SAY_SECONDS = 60.0
# A disk that hangs must not keep a service from ending.
CLOSING_SECONDS = 5.0
logger = logging.getLogger(__name__)


class Spooling(Drain[Note]):
    """Writes notes into a spool, and starts another when that is large or old, or the day is over."""

    def __init__(
        self, folder: Path, columns: Columns, publisher: Publisher, dropped: Count, clock: Callable[[], date]
    ) -> None:
        self.folder, self.columns, self.publisher, self.clock = folder, columns, publisher, clock
        self.spool: Spool | None = None
        # Requests and shadows are noted by threads of their own.
        self.counting = threading.Lock()
        self.rows_in = self.rows_out = 0
        self.day = clock()
        self.synced = time.monotonic()
        self.said = -SAY_SECONDS
        publisher.ask()
        super().__init__(self.write, capacity=MOST_NOTES, lost=dropped)

    def put(self, item: Note) -> bool:
        """Put a note in, and return whether there was room for it."""
        with self.counting:
            if self.items and self.rows_in - self.rows_out + item.kept > MOST_ROWS:
                self.lose(1)
                return False
            kept = super().put(item)
            self.rows_in += item.kept if kept else 0
            return kept

    def flush(self) -> None:
        """Write all that waits, and do what is due even when nobody asks anything."""
        super().flush()
        try:
            self.tend()
        except OSError as error:
            self.say(error)
            self.abandon()

    def write(self, notes: list[Note]) -> None:
        """Write notes into the spool; what can't be written is counted, and said once in a while."""
        left = len(notes)
        try:
            for line, records in lines(notes, self.columns):
                self.spool = self.spool or Spool(self.folder)
                self.spool.write(line, records)
                left -= records
        except Exception as error:
            self.lose(left)
            self.say(error)
        finally:
            self.rows_out += sum(note.kept for note in notes)

    def tend(self) -> None:
        """Sync the spool, let go of one that is finished, and have what is finished published."""
        now, spool = time.monotonic(), self.spool
        if now - self.synced >= SYNC_SECONDS:
            self.synced = now
            if spool:
                spool.sync()
                if spool.is_gone:
                    self.lose(spool.records)
                    raise FileNotFoundError(2, "Somebody deleted the spool")
        day = self.clock()
        if spool and (spool.size >= SPOOL_BYTES or spool.seconds >= SPOOL_SECONDS or day != self.day):
            self.finish()
        if day != self.day:
            # There may be nothing to publish, but something that is too old.
            self.day = day
            self.publisher.ask()
        self.publisher.tend()

    def finish(self) -> None:
        """Let go of the spool, and have it published."""
        spool, self.spool = self.spool, None
        if spool:
            spool.close()
            self.publisher.ask()

    def abandon(self) -> None:
        """Let go of a spool that can't be synced; its lines may be whole, so that it is left to the publisher."""
        try:
            self.finish()
        except OSError:
            self.publisher.ask()

    def say(self, error: Exception) -> None:
        """Say what keeps predictions from being noted, once a minute at most, and nothing of what was asked."""
        if time.monotonic() - self.said >= SAY_SECONDS:
            self.said = time.monotonic()
            why = (
                (error.strerror or type(error).__name__).lower() if isinstance(error, OSError) else type(error).__name__
            )
            logger.error("Predictions can't be noted in %s (%s); %d were lost so far.", self.folder, why, self.dropped)

    def close(self) -> None:
        """Write what waits, and have it published."""
        self.closing.set()
        self.waking.set()
        self.thread.join(CLOSING_SECONDS)
        if self.thread.is_alive():
            waiting = len(self.items)
            self.lose(waiting)
            logger.error("The disk of %s hangs: %d predictions or more were lost.", self.folder, waiting)
            return
        try:
            self.finish()
        except OSError as error:
            self.say(error)
        self.publisher.end()
