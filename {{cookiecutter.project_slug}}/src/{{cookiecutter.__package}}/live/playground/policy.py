"""What a browser may do with the playground's page: run its own script, and ask its own service."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser


def policy(style: str, script: str, card: str) -> str:
    """Return the Content-Security-Policy of the page.

    The model card is shown in a frame that inherits this policy, so that the card's styles are named here, too.
    """
    styles = Styles(card)
    elements = [source(text) for text in (style, *styles.elements)]
    attributes = ["'unsafe-hashes'", *map(source, sorted(styles.attributes))] if styles.attributes else []
    rules = {
        "default-src": ["'none'"],
        "script-src": [source(script)],
        "style-src": [*elements, *attributes],
        "img-src": ["data:"],
        "connect-src": ["'self'"],
        # In its frame, a link within the card leads to the card, not to this page.
        "base-uri": ["about:"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
        # Text can't become HTML in this page, but for the card in its sandbox.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["card"],
    }
    return "; ".join(" ".join([name, *values]) for name, values in rules.items())


def source(text: str) -> str:
    """Return the hash by which a policy allows one inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class Styles(HTMLParser):
    """Finds the style elements of a document, and the different style attributes in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's style attribute, and whether text that follows is a style."""
        self.inside = tag == "style"
        self.attributes |= {value for name, value in attrs if name == "style" and value}

    def handle_endtag(self, tag: str) -> None:
        """Leave a style element."""
        self.inside = False

    def handle_data(self, data: str) -> None:
        """Note the text of a style element."""
        if self.inside:
            self.elements.append(data)
