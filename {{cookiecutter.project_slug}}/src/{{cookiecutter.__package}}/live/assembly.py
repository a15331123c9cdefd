"""Putting one process of the service together: what answers, who may ask, and what is noted."""

from __future__ import annotations

import os
from pathlib import Path

from ..core.schema import Columns
from .answers import Answer
from .api.card import Card
from .api.info import Known, information
from .api.openapi import document
from .api.predict import Predict
from .api.traffic import Traffic
from .edge.access import STDOUT, AccessLog
from .edge.auth.policy import guard_of
from .edge.exchange import Exchange, Receive
from .edge.metrics import MEDIA_TYPE, Metrics
from .edge.middleware import Gate, Handler
from .edge.overload import Queue
from .edge.protocol import queued
from .edge.rates import rates_of
from .observing.traces import traces_of
from .playground.examples import described as examples_of
from .playground.page import Page
from .predictions.log import log_of
from .runtime import Prediction
from .scores import Scores
from .settings import Settings, model_folder
from .variants.lineup import Lineup
from .variants.shadow import Shadow
from .variants.variant import Variant

# Where the description of the service is.
DESCRIBED = ("/v1/openapi.json", "/docs.json")


class Assembled:
    """What one process runs besides BentoML, and how it is ended.

    `folder` holds what is shipped with the model, and `log` is the file that requests are logged to.
    """

    def __init__(self, settings: Settings, lineup: Lineup, folder: Path | None = None, *, log: int = STDOUT) -> None:
        folder, guard = folder or model_folder(), guard_of(settings)
        self.lineup, self.metrics = lineup, Metrics()
        self.access = AccessLog(log, self.metrics.dropped.labels("access").inc)
        dropped = self.metrics.dropped.labels("predictions").inc
        self.predictions = log_of(settings, folder, lineup.signature.features, dropped)
        self.scores = Scores(self.metrics.registry, lineup.champion.limits)
        self.predict = Predict(lineup, settings, log=self.predictions, scores=self.scores)
        if settings.arrow_at_start:
            self.predict.prepare()
        self.traces = traces_of(os.environ, lineup.signature.name)
        card = Card(folder)
        handlers: dict[str, Handler] = {
            "/v1/predict": self.predict,
            "/v1/info": Known(information(lineup)),
            "/v1/card": card,
            "/v1/traffic": Traffic(self.metrics),
            "/metrics": text_of(self.metrics),
        }
        if settings.playground:
            # Who may not ask the model may not see its rows either.
            content = examples_of(lineup, folder)
            handlers["/"] = Page(lineup.signature.name, None if guard else content, card.content)
            handlers["/v1/examples"] = Known(content)
        described = document(lineup, self.predict.requests, served=[*handlers, *DESCRIBED], secured=guard is not None)
        handlers |= dict.fromkeys(DESCRIBED, Known(described))
        if lineup.challenger and lineup.share is None:
            lineup.shadow = Shadow(lineup.challenger, self.note_shadow)
        for variant in lineup.variants:
            self.metrics.model.labels(**variant.identity).set(1)
        self.gate = Gate(
            handlers,
            self.metrics,
            access=self.access,
            guard=guard,
            rates=rates_of(settings),
            queue=Queue(settings.queue, queued),
            traces=self.traces,
            parted=settings.private_port is not None,
        )

    def note_shadow(
        self, exchange: Exchange, variant: Variant, columns: Columns, prediction: Prediction, seconds: float
    ) -> None:
        """Count and note what a shadow has answered."""
        self.metrics.rows.labels(variant.name).inc(len(prediction.values))
        self.scores.note(variant.name, prediction)
        if self.predictions:
            self.predictions.note(exchange, variant, columns, prediction, seconds)

    def close(self) -> None:
        """Write what waits to be written, and end what runs beside requests."""
        self.predict.lane.close()
        if self.lineup.shadow:
            self.lineup.shadow.close()
        if self.gate.guard:
            self.gate.guard.close()
        if self.predictions:
            self.predictions.close()
        if self.traces:
            self.traces.close()
        self.access.close()


def text_of(metrics: Metrics) -> Handler:
    """Return the handler of /metrics."""

    async def answer(exchange: Exchange, receive: Receive) -> Answer:
        return Answer(200, metrics.text(), MEDIA_TYPE)

    return answer
