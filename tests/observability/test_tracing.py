"""Traces: a span for each write, and none without a collector."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from opentelemetry.trace import StatusCode

from app import setting_checks, settings
from app.settings import SettingsError
from tests.support import http_client
from tests.support.server import wait_for, wait_until_ready

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def collector():
    """Takes what OpenTelemetry sends on a port of its own; gives its address and what it took."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format, *args):  # noqa: A002 - its parent's name for it
            """Sends no response."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", taken
        server.shutdown()
        thread.join()


@pytest.fixture
def spans(serve, collector, api_key):
    """Posts bodies to a service that has a collector, and gives the spans after its end."""
    endpoint, taken = collector

    def of(*bodies, **headers):
        process, address = serve(
            OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_BSP_SCHEDULE_DELAY="60000"
        )
        wait_for(lambda: responses(address))
        wait_until_ready(address)
        for body in bodies:
            url = f"{address}/v1/events"
            http_client.post(url, json=body, headers={"X-API-Key": api_key} | headers, timeout=30)
        process.terminate()
        process.communicate(timeout=30)
        assert {path for path, _ in taken} == {"/v1/traces"}
        return [
            span
            for _, request in taken
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    return of


def responses(address):
    try:
        return http_client.get(f"{address}/healthz").status_code == 200
    except httpx2.TransportError:
        return False


def attributes(span):
    return {item.key: item.value.int_value or item.value.string_value for item in span.attributes}


def test_each_write_is_a_span_of_its_own(spans, unique):
    event = {"event": "x", "externalId": unique}

    one, batch = spans(event, {"events": [event] * 3})

    assert {one.name, batch.name} == {"ingest"}
    assert attributes(one) == {"waypath.events": 1}
    assert attributes(batch) == {"waypath.events": 3}
    assert one.trace_id != batch.trace_id
    assert one.start_time_unix_nano < one.end_time_unix_nano


def test_a_span_belongs_to_its_callers_trace(spans, unique):
    (span,) = spans({"event": "x", "externalId": unique}, traceparent=TRACEPARENT)

    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)


def test_a_rejected_write_is_a_span_with_its_code_and_no_data_of_its_caller(spans):
    (span,) = spans({"event": "x", "email": "jane@acme.com", "timestamp": "yesterday"})

    assert span.status.code == Status.StatusCode.STATUS_CODE_ERROR == StatusCode.ERROR.value
    assert attributes(span) == {"waypath.events": 1, "error.type": "invalid_payload"}
    assert "yesterday" not in str(span)


def test_an_unavailable_collector_delays_no_request(serve, api_key, unique):
    process, address = serve(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_EXPORTER_OTLP_TIMEOUT="1"
    )
    wait_for(lambda: responses(address))
    wait_until_ready(address)
    event = {"event": "x", "externalId": unique}

    response = http_client.post(f"{address}/v1/events", json=event, headers={"X-API-Key": api_key})

    process.terminate()
    process.communicate(timeout=30)
    assert (response.status_code, process.returncode) == (200, 0)


def test_without_an_endpoint_nothing_of_opentelemetrys_is_loaded(environment):
    process = subprocess.run(
        [sys.executable, "-c", "import sys; from app import main; main.create_app(); "
         "print([name for name in sys.modules if name.startswith('opentelemetry.')])"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip

    assert process.stdout == "[]\n"


def test_an_endpoint_without_the_extra_is_reported_at_the_start(monkeypatch):
    monkeypatch.setattr(setting_checks.util, "find_spec", lambda name: None)

    with pytest.raises(SettingsError, match=r"^OTEL_EXPORTER_OTLP_ENDPOINT: .*\[otel\]"):
        settings.load({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"})
