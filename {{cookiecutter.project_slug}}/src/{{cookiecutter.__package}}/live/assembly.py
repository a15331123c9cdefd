"""Putting one process of the service together: what answers, who may ask, and what is noted."""

from __future__ import annotations

from pathlib import Path

from .answers import Answer
from .api.card import Card
from .api.info import Known, information
from .api.openapi import document
from .api.predict import Predict
from .api.traffic import Traffic
from .edge.access import AccessLog
from .edge.auth.policy import guard_of
from .edge.exchange import Exchange, Receive
from .edge.metrics import MEDIA_TYPE, Metrics
from .edge.middleware import Gate, Handler
from .edge.overload import Queue
from .edge.protocol import queued
from .edge.rates import rates_of
from .playground.examples import described as examples_of
from .playground.page import Page
from .settings import Settings, model_folder
from .variants.lineup import Lineup


class Assembled:
    """What one process runs besides BentoML, and how it is ended."""

    def __init__(self, settings: Settings, lineup: Lineup, folder: Path | None = None) -> None:
        folder, guard = folder or model_folder(), guard_of(settings)
        self.predict = Predict(lineup, largest_body=settings.largest_body)
        self.metrics, self.access = Metrics(), AccessLog()
        described = Known(document(lineup.signature, self.predict.requests, lineup.champion.version))
        card = Card(folder)
        handlers: dict[str, Handler] = {
            "/v1/predict": self.predict,
            "/v1/info": Known(information(lineup)),
            "/v1/openapi.json": described,
            "/docs.json": described,
            "/v1/card": card,
            "/v1/traffic": Traffic(self.metrics),
            "/metrics": text_of(self.metrics),
        }
        if settings.playground:
            # Who may not ask the model may not see its rows either.
            content = examples_of(lineup, folder)
            handlers["/"] = Page(lineup.signature.name, None if guard else content, card.content)
            handlers["/v1/examples"] = Known(content)
        for variant in lineup.variants:
            self.metrics.model.labels(**variant.identity).set(1)
        self.gate = Gate(
            handlers,
            self.metrics,
            access=self.access,
            guard=guard,
            rates=rates_of(settings),
            queue=Queue(settings.queue, queued),
            parted=settings.private_port is not None,
        )

    def close(self) -> None:
        """Write what waits to be written."""
        self.access.close()


def text_of(metrics: Metrics) -> Handler:
    """Return the handler of /metrics."""

    async def answer(exchange: Exchange, receive: Receive) -> Answer:
        return Answer(200, metrics.text(), MEDIA_TYPE)

    return answer
