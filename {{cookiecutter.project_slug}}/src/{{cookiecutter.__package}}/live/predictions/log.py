"""The prediction log of one process: noted in microseconds as it answers, written by a thread, published by a child.

Nothing here may hold a request up or end the service. What finds no room, in the queue or on the disk, is counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from ...core.schema import Columns as Fed
from ...core.schema import Feature
from ...core.sections import Predictions
from ..drain import Drain
from ..edge.exchange import Exchange
from ..runtime import Prediction
from ..settings import Settings
from ..variants.variant import Variant
from .blocks import Source
from .lines import Note, drawn, lines
from .policy import Columns, load_policy, sampled
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
Count = Callable[[float], None]
logger = logging.getLogger(__name__)


def today() -> date:
    """Return the day it is in UTC, by which predictions are kept."""
    return datetime.now(UTC).date()


class PredictionLog:
    """Notes what was asked and answered."""

    def __init__(
        self,
        folder: Path,
        policy: Predictions,
        features: Mapping[str, Feature],
        *,
        key: str = "",
        dropped: Count,
        clock: Callable[[], date] = today,
    ) -> None:
        """Begin with what an earlier process left behind in `folder`.

        Raises:
            SettingError: the policy asks for a key that isn't there.
        """
        self.policy = policy
        self.sources: dict[str, Source] = {}
        publisher = Publisher(folder, policy.retain_days)
        self.spooling = Spooling(folder, Columns(features, policy, key), publisher, dropped, clock)

    def note(
        self,
        exchange: Exchange,
        variant: Variant,
        columns: Fed,
        prediction: Prediction,
        seconds: float | None = None,
    ) -> None:
        """Note what a variant answered to a request, and how long it took, if not since the request came.

        Any thread may call this. The arrays are read later: nobody changes them.
        """
        try:
            if sampled(exchange.request_id, self.policy.sample):
                note = self.noted(exchange, variant, columns, prediction, seconds)
                most = self.policy.most_rows
                self.spooling.put(drawn(note, most) if note.rows > most else note)
        except Exception as error:
            # The answer is computed already, and its caller is to get it.
            self.spooling.lose(1)
            self.spooling.say(error)

    def noted(
        self, exchange: Exchange, variant: Variant, columns: Fed, prediction: Prediction, seconds: float | None
    ) -> Note:
        """Return what is noted of an answer."""
        source = self.sources.get(variant.name)
        if source is None:
            signature = variant.model.signature
            source = Source(variant.name, variant.version, signature.sha256, signature.classes)
            self.sources[variant.name] = source
        latency = round((exchange.seconds if seconds is None else seconds) * 1000, 3)
        now, rows = int(time.time() * 1e6), len(prediction.values)
        return Note(exchange.request_id, now, latency, source, rows, None, columns, prediction)

    def close(self) -> None:
        """Write and publish what waits; of a disk that hangs, nothing is awaited for long."""
        self.spooling.close()


class Spooling(Drain[Note]):
    """Writes notes into a spool, and starts another when that is large or old, or the day is over."""

    def __init__(
        self, folder: Path, columns: Columns, publisher: Publisher, dropped: Count, clock: Callable[[], date]
    ) -> None:
        self.folder, self.columns, self.publisher, self.clock = folder, columns, publisher, clock
        self.count = dropped
        self.spool: Spool | None = None
        # Requests and shadows are noted by threads of their own.
        self.counting = threading.Lock()
        self.rows_in = self.rows_out = 0
        self.day = clock()
        self.synced = time.monotonic()
        self.said = -SAY_SECONDS
        publisher.ask()
        super().__init__(self.write, capacity=MOST_NOTES)

    def put(self, item: Note) -> bool:
        """Put a note in, and return whether there was room for it."""
        with self.counting:
            full = bool(self.items) and self.rows_in - self.rows_out + item.kept > MOST_ROWS
            if not full and super().put(item):
                self.rows_in += item.kept
                return True
            self.dropped += full
        self.count(1)
        return False

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

    def lose(self, records: int) -> None:
        """Count what is lost."""
        self.dropped += records
        self.count(records)

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


def log_of(settings: Settings, models: Path, features: Mapping[str, Feature], dropped: Count) -> PredictionLog | None:
    """Return the log that the settings ask for, or None if they ask for none.

    Raises:
        ModelFileError: beside the model nothing says what may be noted.
        SettingError: LIVE_PSEUDONYM_KEY is needed.
    """
    if not settings.predictions:
        return None
    policy = load_policy(models, features)
    return PredictionLog(Path(settings.predictions), policy, features, key=settings.pseudonym_key, dropped=dropped)
