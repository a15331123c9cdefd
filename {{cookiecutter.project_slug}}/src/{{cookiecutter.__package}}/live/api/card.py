"""GET /v1/card: the model card that was packaged with the model."""

from __future__ import annotations

from pathlib import Path

from ..answers import Answer, RequestError
from ..edge.exchange import Exchange, Receive

HTML = b"text/html; charset=utf-8"
# As the card's own policy says, and in an origin of its own: it can't reach the service as the page's own script can.
POLICY = b"default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
HEADERS = ((b"content-security-policy", POLICY), (b"x-content-type-options", b"nosniff"))


class Card:
    """Answers with the card as it lies beside the model; `content` is empty if there is none."""

    def __init__(self, folder: Path) -> None:
        path = folder / "card.html"
        self.content = path.read_bytes() if path.is_file() else b""
        self.answer = Answer(200, self.content, HTML, HEADERS)

    async def __call__(self, exchange: Exchange, receive: Receive) -> Answer:
        """Answer one request.

        Raises:
            RequestError: there is no card (404).
        """
        if not self.content:
            raise RequestError(404, "no_card", "This service has no model card: `make pipeline` packages one.")
        return self.answer
