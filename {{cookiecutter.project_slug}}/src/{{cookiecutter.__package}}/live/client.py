"""Asking a running service over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from typing import Any


class AnswerError(RuntimeError):
    """Nothing answers, or not this service; the message says what to do."""


def post(url: str, body: Any) -> dict[str, Any]:
    """POST JSON and return the answer: predictions, or an error in the service's own shape.

    Raises:
        AnswerError: nothing answers at that address, or something else than this service.
    """
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = response.read()
    except urllib.error.HTTPError as error:
        with error:
            answer = error.read()
    except HTTPException:
        answer = b""
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise AnswerError(f"Nothing answers at {url} ({reason}): run `make serve` first.") from None
    with suppress(ValueError):
        known = json.loads(answer)
        if isinstance(known, dict) and "request_id" in known and ("predictions" in known or "error" in known):
            return known
    raise AnswerError(f"What answers at {url} is not this service: `make serve PORT=…` takes another port.")
