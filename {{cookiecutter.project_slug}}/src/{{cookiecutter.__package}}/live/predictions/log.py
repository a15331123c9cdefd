"""The prediction log of one process: noted in microseconds as it answers, written by a thread, published by a child."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from ...core.schema import Columns as Fed
from ...core.schema import Feature
from ...core.sections import Predictions
from ..drain import Count
from ..edge.exchange import Exchange
from ..runtime import Prediction
from ..settings import Settings
from ..variants.variant import Variant
from .blocks import Source
from .lines import Note, drawn
from .policy import Columns, load_policy, sampled
from .publisher import Publisher
from .spooling import Spooling


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
        values = {name: column.item() for name, column in columns.items()} if rows == 1 else columns
        return Note(exchange.request_id, now, latency, source, rows, None, values, prediction)

    def close(self) -> None:
        """Write and publish what waits; of a disk that hangs, nothing is awaited for long."""
        self.spooling.close()


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
