"""What the environment may change about the service; every setting has a default that works offline."""

from __future__ import annotations

import os
from collections.abc import Mapping

# BentoML reports its use over the network unless told not to; so does every process it starts.
QUIET = {"BENTOML_DO_NOT_TRACK": "True", "DO_NOT_TRACK": "1"}
GRACEFUL_SECONDS = 10
READY_SECONDS = 60


def service_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment a server is started with: the caller's, with telemetry off."""
    return {**environ, **QUIET}


def variant() -> str:
    """Return which variant this process serves: LIVE_VARIANT, or champion."""
    return os.environ.get("LIVE_VARIANT") or "champion"


def workers() -> int:
    """Return how many processes answer requests: LIVE_WORKERS, or one.

    Raises:
        ValueError: LIVE_WORKERS is no whole number from 1 on.
    """
    value = os.environ.get("LIVE_WORKERS") or "1"
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"LIVE_WORKERS is {value!r}: it takes a whole number, 1 or more.")
    return int(value)
