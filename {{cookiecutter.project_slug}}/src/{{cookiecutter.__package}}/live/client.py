"""Asking a running service over HTTP."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Any


class AnswerError(RuntimeError):
    """Nothing answers, or not this service; the message says what to do."""


def headers(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a request, with the key of LIVE_API_KEY if there is one."""
    key = environ.get("LIVE_API_KEY", "").strip()
    return {"content-type": "application/json", **({"x-api-key": key} if key else {})}


def post(url: str, body: Any) -> dict[str, Any]:
    """POST JSON and return the answer: predictions, or an error in the service's own shape.

    The key of LIVE_API_KEY goes with it, if there is one.

    Raises:
        AnswerError: nothing answers at that address, or something else than this service.
    """
    request = urllib.request.Request(url, json.dumps(body).encode(), headers(os.environ))
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
