"""What a colour has done, as the proxy and the service themselves count it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

# How the proxy calls a colour: its name, and who told it of it.
PROVIDER = "@file"
CHALLENGER = "challenger"


class Counts(NamedTuple):
    """What was counted until a moment, or between two.

    `within` says how many requests took no longer than each limit in seconds, `scores` how many rows scored no more
    than each limit; the last limit of both is infinite.
    """

    requests: int = 0
    errors: int = 0
    within: Mapping[float, int] = {}
    scores: Mapping[float, int] = {}

    @property
    def rows(self) -> int:
        """How many rows were scored."""
        return self.scores.get(math.inf, 0)


Seen = dict[str, Counts]


def counts_of(colour: str, proxy: str, service: str) -> Counts:
    """Return what the metrics of the proxy and of a colour say of it; both in Prometheus' text format."""
    requests = errors = 0
    within: dict[float, int] = {}
    for name, labels, value in samples(proxy):
        if labels.get("service") != colour + PROVIDER:
            continue
        if name == "traefik_service_requests_total":
            requests += value
            errors += value if labels["code"].startswith("5") else 0
        elif name == "traefik_service_request_duration_seconds_bucket":
            limit = float(labels["le"])
            within[limit] = within.get(limit, 0) + value
    return Counts(requests, errors, within, scores_in(service))


def scores_in(text: str) -> dict[float, int]:
    """Return how many rows scored no more than each limit; a challenger's answers are those of another model."""
    found: dict[float, int] = {}
    for name, labels, value in samples(text):
        if name == "live_scores_bucket" and labels.get("variant") != CHALLENGER:
            limit = float(labels["le"])
            found[limit] = found.get(limit, 0) + value
    return found


def samples(text: str) -> list[tuple[str, dict[str, str], int]]:
    """Return the series in a text of Prometheus' format that are told here."""
    wanted = "\n".join(line for line in text.splitlines() if line.startswith(("traefik_service_", "live_scores")))
    return [
        (sample.name, sample.labels, int(sample.value))
        for family in text_string_to_metric_families(wanted + "\n")
        for sample in family.samples
        if not math.isnan(sample.value)
    ]


def reloads_in(text: str) -> int | None:
    """Return how often the proxy has taken new routes, or None if its metrics don't say."""
    name = "traefik_config_reloads_total "
    return next((int(float(line.removeprefix(name))) for line in text.splitlines() if line.startswith(name)), None)


def between(now: Counts, before: Counts) -> Counts:
    """Return what was counted between two moments; what counts from nought again has begun in between."""
    return Counts(
        grown(now.requests, before.requests),
        grown(now.errors, before.errors),
        grown_each(now.within, before.within),
        grown_each(now.scores, before.scores),
    )


def grown(now: int, before: int) -> int:
    """Return by how much a count has grown."""
    return now - before if now >= before else now


def grown_each(now: Mapping[float, int], before: Mapping[float, int]) -> dict[float, int]:
    """Return by how much each of these counts has grown."""
    again = now.get(math.inf, 0) < before.get(math.inf, 0)
    return {limit: count - (0 if again else before.get(limit, 0)) for limit, count in now.items()}
