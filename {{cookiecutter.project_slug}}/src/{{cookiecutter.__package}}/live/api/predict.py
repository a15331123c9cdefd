"""POST /v1/predict: rows in, predictions out, in JSON or as an Arrow stream."""

from __future__ import annotations

from typing import Any

import orjson

from ..answers import Answer, RequestError
from ..edge.bodies import read_body
from ..edge.exchange import Exchange, Receive
from ..runtime import Prediction, fields
from ..variants.lineup import Lineup
from ..variants.variant import Variant
from .requests import RequestModel

JSON_TYPES = (b"", b"application/json")


class Predict:
    """Answers prediction requests with the variant that each is due."""

    def __init__(self, lineup: Lineup, *, largest_body: int) -> None:
        self.lineup = lineup
        self.requests = RequestModel(lineup.signature.features)
        self.largest_body = largest_body

    async def __call__(self, exchange: Exchange, receive: Receive) -> Answer:
        """Answer one request.

        Raises:
            RequestError: it can't be answered, and why.
        """
        kind = exchange.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind not in JSON_TYPES:
            raise RequestError(
                415, "unsupported_media_type", "Send JSON: -H 'content-type: application/json' says so in curl."
            )
        columns = self.requests.decode(await read_body(exchange, receive, self.largest_body))
        variant = self.lineup.due(exchange)
        prediction = self.lineup.predict(variant, columns, exchange)
        return Answer(200, encode(prediction, variant, exchange.request_id))


def encode(prediction: Prediction, variant: Variant, request_id: str) -> bytes:
    """Return the answer to a prediction request as JSON."""
    known = {"classes": variant.model.signature.classes} if variant.model.signature.classes else {}
    answer: dict[str, Any] = {**fields(prediction), **known, "model": variant.identity, "request_id": request_id}
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
