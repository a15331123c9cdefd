"""What a canary has to show, as deploy/canary.yaml says it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from ...core.records import ParamsError, Record, load_mapping, located, refuse_unknown_keys


class Latency(Record):
    """How slow the canary may be: so many times what the other colour takes, and so much on top."""

    times: float = 1.5
    milliseconds: float = 25.0


class Rules(Record):
    """The steps of a canary, and what each has to show. See docs/deploying.md."""

    # The share of the requests in percent; the last step is all of them.
    steps: tuple[int, ...] = (5, 25, 50, 100)
    # How many requests the canary has to have answered in a step before anything counts as well.
    requests: int = 60
    # How long a step may last without a decision; then the old colour gets everything back.
    patience_seconds: float = 900.0
    poll_seconds: float = 2.0
    # How much more of the requests may end in an error of the server (5xx) than with the other colour.
    errors: float = 0.02
    p95: Latency = Latency()
    # How far the scores may move: population stability index, without what chance alone draws.
    scores: float = 0.2
    # How sure one has to be that a canary is worse, or as good.
    confidence: float = 0.99
    # How long a new container may take to get ready, and the old one to answer what it has begun.
    start_seconds: float = 90.0
    drain_seconds: float = 15.0
    # Whether the old colour runs on afterwards, for a way back within a second, or is stopped.
    idle: Literal["keep", "stop"] = "keep"

    def __post_init__(self) -> None:
        """Refuse what can't be meant."""
        rising = all(a < b for a, b in zip(self.steps, self.steps[1:], strict=False))
        if not self.steps or not rising or self.steps[0] < 1 or self.steps[-1] != 100:
            raise ValueError("steps have to rise from 1 or more to 100")
        if self.requests < 1 or not 0.5 < self.confidence < 1 or not 0 < self.errors < 1:
            raise ValueError("requests has to be 1 or more, confidence between 0.5 and 1, errors between 0 and 1")


def load_rules(path: Path) -> Rules:
    """Read deploy/canary.yaml.

    Raises:
        ParamsError: it isn't there, or something in it can't be used.
    """
    values = load_mapping(path)
    refuse_unknown_keys(values, Rules, path.name)
    try:
        return msgspec.convert(values, Rules)
    except msgspec.ValidationError as error:
        where, message = located(values, Rules, str(error))
        raise ParamsError(f"{path.name}: {where}{message}.") from None
