"""Traces, as a collector gets them: a span for each request, in its caller's trace, and nothing of what was asked."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from {{cookiecutter.__package}}.live.observing import traces

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PROGRAM = """
import os, sys, time
from {{cookiecutter.__package}}.live.edge.exchange import Exchange
from {{cookiecutter.__package}}.live.edge.routes import find
from {{cookiecutter.__package}}.live.observing.traces import traces_of
known = traces_of(os.environ, "flights")
for path, status in (("/v1/predict", 200), ("/v1/predict", 500), ("/secret/path", 404)):
    headers = [(b"traceparent", sys.argv[1].encode()), (b"x-api-key", b"secret-key")]
    made = Exchange({"method": "POST", "path": path, "headers": headers}, find(path))
    made.status, made.rows, made.variant, made.request_id = status, 3, "champion", "abc"
    known.note(made, time.time_ns())
known.close()
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """The address of a collector on loopback, and what it gets."""
    found: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
            found.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", found
        server.shutdown()
        thread.join()


def run(address: str, **more: str) -> None:
    """Trace three requests in a process of its own, whose environment names the collector."""
    environ = {"PATH": os.environ["PATH"], "OTEL_EXPORTER_OTLP_ENDPOINT": address, **more}
    subprocess.run([sys.executable, "-c", PROGRAM, CALLER], env=environ, check=True, timeout=60)


def test_a_collector_gets_a_span_for_each_request(collector: tuple[str, list[ExportTraceServiceRequest]]):
    """With route, status, request id, variant and rows; what we fail at is an error, a caller's mistake isn't."""
    address, found = collector
    run(address)
    (resource,) = (one for request in found for one in request.resource_spans)
    assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == "flights"
    good, failed, unknown = (span for scope in resource.scope_spans for span in scope.spans)
    known = {a.key: a.value.string_value or a.value.int_value for a in good.attributes}
    assert good.name == "POST /v1/predict"
    assert known["http.route"] == "/v1/predict"
    assert (known["http.response.status_code"], known["live.rows"]) == (200, 3)
    assert (known["live.request_id"], known["live.variant"]) == ("abc", "champion")
    assert good.trace_id.hex() == CALLER.split("-")[1]
    assert good.parent_span_id.hex() == CALLER.split("-")[2]
    assert 0 < good.end_time_unix_nano - good.start_time_unix_nano < 60e9
    assert [span.status.code for span in (good, failed, unknown)] == [0, 2, 0]
    assert "secret" not in str(found)


def test_open_telemetry_s_own_settings_hold(collector: tuple[str, list[ExportTraceServiceRequest]]):
    """Its sampler, for example."""
    address, found = collector
    run(address, OTEL_TRACES_SAMPLER="always_off", OTEL_SERVICE_NAME="mine")
    assert found == []


def test_without_a_collector_nothing_is_loaded():
    """Neither time nor memory is spent on what nobody asked for; and one that is away holds nobody up."""
    assert traces.traces_of({}, "flights") is None
    program = f"import sys, json, {traces.__name__}; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not [name for name in json.loads(done.stdout) if name.startswith("opentelemetry.sdk")]
    started = time.perf_counter()
    run("http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT="1")
    assert time.perf_counter() - started < 30
