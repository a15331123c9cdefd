"""Putting one process of the service together: what answers, who may ask, and what is noted."""

from __future__ import annotations

from .answers import Answer
from .api.info import Known, information
from .api.openapi import document
from .api.predict import Predict
from .edge.access import AccessLog
from .edge.auth.policy import guard_of
from .edge.exchange import Exchange, Receive
from .edge.metrics import MEDIA_TYPE, Metrics
from .edge.middleware import Gate, Handler
from .edge.overload import Queue
from .edge.protocol import queued
from .edge.rates import rates_of
from .predictions.log import log_of
from .settings import Settings, model_folder
from .variants.lineup import Lineup


class Assembled:
    """What one process runs besides BentoML, and how it is ended."""

    def __init__(self, settings: Settings, lineup: Lineup) -> None:
        self.metrics, self.access = Metrics(), AccessLog()
        dropped = self.metrics.dropped.labels("predictions").inc
        self.predictions = log_of(settings, model_folder(), lineup.signature.features, dropped)
        self.predict = Predict(lineup, largest_body=settings.largest_body, log=self.predictions)
        described = Known(document(lineup.signature, self.predict.requests, lineup.champion.version))
        handlers: dict[str, Handler] = {
            "/v1/predict": self.predict,
            "/v1/info": Known(information(lineup)),
            "/v1/openapi.json": described,
            "/docs.json": described,
            "/metrics": text_of(self.metrics),
        }
        for variant in lineup.variants:
            self.metrics.model.labels(**variant.identity).set(1)
        self.gate = Gate(
            handlers,
            self.metrics,
            access=self.access,
            guard=guard_of(settings),
            rates=rates_of(settings),
            queue=Queue(settings.queue, queued),
            parted=settings.private_port is not None,
        )

    def close(self) -> None:
        """Write what waits to be written."""
        if self.predictions:
            self.predictions.close()
        self.access.close()


def text_of(metrics: Metrics) -> Handler:
    """Return the handler of /metrics."""

    async def answer(exchange: Exchange, receive: Receive) -> Answer:
        return Answer(200, metrics.text(), MEDIA_TYPE)

    return answer
