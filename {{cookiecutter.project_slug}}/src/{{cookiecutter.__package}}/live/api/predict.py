"""POST /v1/predict: rows in, predictions out, in JSON or as an Arrow stream."""

from __future__ import annotations

from typing import Any

import orjson

from ...core.schema import Columns
from ..answers import ARROW, JSON, Answer, RequestError
from ..edge.bodies import read_body
from ..edge.exchange import Exchange, Receive
from ..predictions.log import PredictionLog
from ..runtime import Prediction, fields
from ..scores import Scores
from ..settings import Settings
from ..variants.lineup import Lineup
from ..variants.variant import Variant
from .arrow.lane import Lane
from .requests import RequestModel

JSON_TYPES = (b"", JSON)
MEDIA_TYPES = (*JSON_TYPES, ARROW)
UNKNOWN_TYPE = (
    "Send JSON (-H 'content-type: application/json' says so in curl), or an Arrow stream as "
    "application/vnd.apache.arrow.stream."
)


class Predict:
    """Answers prediction requests with the variant that each is due."""

    def __init__(
        self, lineup: Lineup, settings: Settings, *, log: PredictionLog | None = None, scores: Scores | None = None
    ) -> None:
        self.lineup, self.log, self.scores = lineup, log, scores
        self.requests = RequestModel(lineup.signature.features)
        self.largest_body = settings.largest_body
        self.lane = Lane(settings.largest_arrow_body)

    async def __call__(self, exchange: Exchange, receive: Receive) -> Answer:
        """Answer one request.

        Raises:
            RequestError: it can't be answered, and why.
        """
        kind = exchange.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind not in MEDIA_TYPES:
            raise RequestError(415, "unsupported_media_type", UNKNOWN_TYPE)
        if kind == ARROW or ARROW in exchange.headers.get(b"accept", b""):
            return await self.apart(kind, exchange, receive)
        columns = self.requests.decode(await read_body(exchange, receive, self.largest_body))
        variant, prediction = self.predicted(columns, exchange)
        return Answer(200, encode(prediction, variant, exchange.request_id))

    def predicted(self, columns: Columns, exchange: Exchange) -> tuple[Variant, Prediction]:
        """Return the variant that is due and what it answers, which is noted in the prediction log.

        Raises:
            RequestError: the version that is asked for isn't here.
        """
        variant = self.lineup.due(exchange)
        prediction = self.lineup.predict(variant, columns, exchange)
        if self.scores:
            self.scores.note(variant.name, prediction)
        if self.log:
            self.log.note(exchange, variant, columns, prediction)
        return variant, prediction

    async def apart(self, kind: bytes, exchange: Exchange, receive: Receive) -> Answer:
        """Answer a request in which there is Arrow, beside the event loop.

        Raises:
            RequestError: it can't be answered, and why.
        """
        with self.lane.body_of(exchange):
            body = await read_body(exchange, receive, self.lane.largest_body if kind == ARROW else self.largest_body)
            return await self.lane.run(lambda: self.worked(kind, body, exchange))

    def worked(self, kind: bytes, body: bytes, exchange: Exchange) -> Answer:
        """Return the answer to a request in which there is Arrow, with pyarrow, which is loaded with the first."""
        from .arrow import encoding

        columns = self.decoded(body) if kind == ARROW else self.requests.decode(body)
        variant, prediction = self.predicted(columns, exchange)
        if not arrow_wanted(exchange.headers.get(b"accept", b""), kind):
            return Answer(200, encode(prediction, variant, exchange.request_id))
        classes = variant.model.signature.classes
        return Answer(200, encoding.encode(prediction, classes, variant.identity, exchange.request_id), ARROW)

    def prepare(self) -> None:
        """Load now what the first request with Arrow would load."""
        from .arrow import decoding, encoding  # noqa: F401

    def decoded(self, body: bytes) -> Columns:
        """Return the columns in an Arrow stream.

        Raises:
            RequestError: it is none, or doesn't fit the features.
        """
        from .arrow import decoding

        return decoding.decode(body, self.requests.features)


def arrow_wanted(accept: bytes, kind: bytes) -> bool:
    """Return whether the answer is Arrow: as Accept says if it names one of the two types, else as was asked."""
    names_arrow, names_json = ARROW in accept, JSON in accept
    return names_arrow if names_arrow != names_json else kind == ARROW


def encode(prediction: Prediction, variant: Variant, request_id: str) -> bytes:
    """Return the answer to a prediction request as JSON."""
    known = {"classes": variant.model.signature.classes} if variant.model.signature.classes else {}
    answer: dict[str, Any] = {**fields(prediction), **known, "model": variant.identity, "request_id": request_id}
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
