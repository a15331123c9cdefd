"""GET /v1/card: the card that lies beside the model, closed as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

Get = Callable[..., httpx.Response]


def test_the_card_is_what_was_packaged(get: Get, folder: Path):
    """Byte by byte, as HTML."""
    response = get("/v1/card")
    assert response.content == (folder / "card.html").read_bytes()
    assert response.headers["content-type"] == "text/html; charset=utf-8"


def test_the_card_can_reach_nothing(get: Get):
    """A browser runs nothing of it, and keeps it apart from the service."""
    policy = get("/v1/card").headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "sandbox"} <= set(policy)
    assert not [rule for rule in policy if rule.startswith(("script-src", "connect-src"))]


def test_a_model_without_a_card_says_so(asking: Callable[..., Get], folder: Path):
    """In a sentence, and the page is there all the same."""
    (folder / "card.html").unlink()
    get = asking()
    response = get("/v1/card")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "no_card")
    assert response.json()["error"]["message"].endswith(".")
    assert get().status_code == 200
