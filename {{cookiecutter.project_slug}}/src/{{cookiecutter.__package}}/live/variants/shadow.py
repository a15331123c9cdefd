"""A challenger in the shadow: it is asked what the champion was, after the answer, and answers nobody."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from ...core.schema import Columns
from ..drain import Drain
from ..edge.exchange import Exchange
from ..runtime import Prediction
from .variant import Variant

# Requests that may wait, and the rows of each; what comes when the processor has no time for a second model isn't
# asked, and neither is what would keep it for long.
CAPACITY, MOST_ROWS = 256, 1000
Note = Callable[[Exchange, Variant, Columns, Prediction, float], None]
logger = logging.getLogger(__name__)


class Asked(NamedTuple):
    """What the champion was asked, and by which request."""

    exchange: Exchange
    columns: Columns


class Shadow:
    """Asks the challenger from a thread; `note` is told each answer with the seconds it took."""

    def __init__(
        self, challenger: Variant, note: Callable[[Exchange, Variant, Columns, Prediction, float], None]
    ) -> None:
        self.challenger, self.note = challenger, note
        self.drain: Drain[Asked] = Drain(self.answer, capacity=CAPACITY, seconds=0.01)

    def ask(self, exchange: Exchange, columns: Columns) -> None:
        """Ask what the champion was just asked, if there is time and room for it."""
        if exchange.rows <= MOST_ROWS:
            self.drain.put(Asked(exchange, columns))

    def answer(self, batch: list[Asked]) -> None:
        """Answer what was asked; of what goes wrong only the kind is told."""
        features = self.challenger.model.signature.features
        for exchange, columns in batch:
            started = time.perf_counter()
            try:
                prediction = self.challenger.model.predict({name: columns[name] for name in features})
                self.note(exchange, self.challenger, columns, prediction, time.perf_counter() - started)
            except Exception as error:
                logger.error("request %s: its shadow failed with %s", exchange.request_id, type(error).__name__)

    def close(self) -> None:
        """Answer what waits."""
        self.drain.close()
