"""What Prometheus is told: requests by route, rows by variant, how long it took, and what was dropped.

Labels are route templates, methods that there are, statuses and variants: what a caller sends makes no series.
"""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from .exchange import Exchange

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
ELSEWHERE, OTHER = "other", "OTHER"
MEDIA_TYPE = CONTENT_TYPE_LATEST.encode()


class Metrics:
    """Counts what happens in one process; with several, what is told is their sum."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        kept = {"registry": self.registry}
        self.requests = Counter("live_requests", "Requests that were answered.", ["route", "method", "status"], **kept)
        self.seconds = Histogram(
            "live_request_seconds", "From the request's arrival to its answer.", ["route"], buckets=SECONDS, **kept
        )
        self.rows = Counter("live_rows", "Rows that were predicted.", ["variant"], **kept)
        self.dropped = Counter("live_dropped", "Records that found no room in a log.", ["log"], **kept)
        self.refused = Counter("live_refused", "Requests that were refused.", ["reason"], **kept)
        self.model = Gauge(
            "live_model_info",
            "The models that answer; always 1.",
            ["name", "version", "sha256", "variant"],
            multiprocess_mode="max",
            **kept,
        )
        # Looking a series up costs more than adding to it.
        self.known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.known_rows: dict[str, Counter] = {}

    def note(self, exchange: Exchange) -> None:
        """Count a request that was answered."""
        route, method = ELSEWHERE, OTHER
        if exchange.route:
            route, method = exchange.route.path, exchange.method if exchange.method in exchange.route.methods else OTHER
        key = (route, method, exchange.status)
        if key not in self.known:
            self.known[key] = (self.requests.labels(route, method, str(exchange.status)), self.seconds.labels(route))
        count, time = self.known[key]
        count.inc()
        time.observe(exchange.seconds)
        if exchange.error:
            self.refused.labels(exchange.error).inc()
        if exchange.rows:
            variant = exchange.variant
            if variant not in self.known_rows:
                self.known_rows[variant] = self.rows.labels(variant)
            self.known_rows[variant].inc(exchange.rows)

    def text(self) -> bytes:
        """Return all series in Prometheus' text format."""
        return generate_latest(self.shared())

    def shared(self) -> CollectorRegistry:
        """Return what this process counted, or the sum of all where there are several."""
        if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return self.registry
        shared = CollectorRegistry()
        MultiProcessCollector(shared)
        return shared
