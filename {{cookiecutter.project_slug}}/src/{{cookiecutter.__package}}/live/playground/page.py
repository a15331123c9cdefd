"""The page at `/`, put together once at start: one file that loads nothing and runs nothing but its own script."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import orjson

from ...core.card.style import GROUND
from ..answers import Answer
from ..edge.exchange import Exchange, Receive
from .policy import policy

HERE = Path(__file__).parent
# The parts of the script, in the order in which they build on each other.
SCRIPTS = ("elements", "service", "fields", "answer", "alternatives", "traffic", "start")
HTML = b"text/html; charset=utf-8"
# What would end the script element that holds the data, or isn't allowed in every JavaScript.
UNSAFE = {sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


class Page:
    """Answers with the page; `content` is what it knows of the model, or None where it has to ask with a key."""

    def __init__(self, name: str, content: Any | None, card: bytes = b"") -> None:
        style = GROUND + read("style.css")
        script = "".join(read(f"script/{name}.js") for name in SCRIPTS)
        parts = {"TITLE": html.escape(name), "STYLE": style, "SCRIPT": script, "DATA": embedded(content)}
        text = re.sub(r"__([A-Z]+)__", lambda found: parts[found[1]], read("page.html"))
        headers = (
            (b"content-security-policy", policy(style, script, card.decode()).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cache-control", b"no-cache"),
        )
        self.answer = Answer(200, text.encode(), HTML, headers)

    async def __call__(self, exchange: Exchange, receive: Receive) -> Answer:
        """Answer one request."""
        return self.answer


def read(name: str) -> str:
    """Return one of the files beside this module."""
    return (HERE / name).read_text(encoding="utf-8")


def embedded(content: Any) -> str:
    """Return JSON that stays data inside a script element, whatever names and values a table brought."""
    return "".join(UNSAFE.get(sign, sign) for sign in orjson.dumps(content).decode())
