"""GET /v1/info: the model, its task, classes and features."""

from __future__ import annotations

from typing import Any

import orjson

from ..answers import Answer
from ..edge.exchange import Exchange, Receive
from ..variants.lineup import Lineup


class Known:
    """Answers with what was known when the service started."""

    def __init__(self, content: Any) -> None:
        self.answer = Answer(200, orjson.dumps(content))

    async def __call__(self, exchange: Exchange, receive: Receive) -> Answer:
        """Answer one request; what it may carry isn't read."""
        return self.answer


def information(lineup: Lineup) -> dict[str, Any]:
    """Return what GET /v1/info answers."""
    signature = lineup.signature
    features = {
        name: {
            "kind": feature.kind,
            "about": feature.about,
            "min": feature.min,
            "max": feature.max,
            "nullable": feature.nullable,
        }
        for name, feature in signature.features.items()
    }
    return {
        "model": lineup.champion.identity,
        "task": signature.task,
        "target": signature.target,
        "classes": signature.classes,
        "features": features,
    }
