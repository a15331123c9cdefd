"""Traces, where OpenTelemetry's own variables say where to: a span for each request, without anything that was asked.

OTEL_EXPORTER_OTLP_ENDPOINT switches them on; the other OTEL_… variables (sampler, headers, service name) hold as usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..edge.exchange import Exchange

SWITCHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Traces:
    """Makes a span of a request at its end, as a part of the caller's trace if it sends one, and exports it later."""

    def __init__(self, name: str) -> None:
        # Imported here: most services have no traces, and this takes time and memory.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        # What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say comes first.
        resource = Resource({SERVICE_NAME: name}).merge(OTELResourceDetector().detect())
        self.provider = TracerProvider(resource=resource)
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self.tracer = self.provider.get_tracer(__name__)
        self.propagator = TraceContextTextMapPropagator()
        self.kind, self.failed = SpanKind.SERVER, Status(StatusCode.ERROR)

    def note(self, exchange: Exchange, ended_ns: int) -> None:
        """Record a request that was answered; `ended_ns` is the time of its end in nanoseconds since 1970."""
        carried = {
            name: exchange.headers[name.encode()].decode("latin-1")
            for name in ("traceparent", "tracestate")
            if name.encode() in exchange.headers
        }
        route = exchange.route.path if exchange.route else ""
        span = self.tracer.start_span(
            f"{exchange.method if exchange.route else 'HTTP'} {route}".strip(),
            context=self.propagator.extract(carried),
            kind=self.kind,
            start_time=ended_ns - int(exchange.seconds * 1e9),
            attributes={
                "http.request.method": exchange.method if exchange.route else "_OTHER",
                "http.route": route,
                "http.response.status_code": exchange.status,
                "live.request_id": exchange.request_id,
                "live.variant": exchange.variant,
                "live.model_sha256": exchange.sha256,
                "live.rows": exchange.rows,
            },
        )
        if exchange.status >= 500:
            span.set_status(self.failed)
        span.end(ended_ns)

    def close(self) -> None:
        """Export what waits."""
        self.provider.shutdown()


def traces_of(environ: Mapping[str, str], name: str) -> Traces | None:
    """Return the traces that the environment asks for, or None."""
    return Traces(name) if any(environ.get(switch) for switch in SWITCHES) else None
