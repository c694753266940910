"""Traces for an OpenTelemetry collector: a span for each write."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from app.errors import ServiceError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SERVICE_NAME = "waypath-events"


class Tracing:
    """Records a span for each write, as a part of the client's trace if the request names one.

    Without a provider it records nothing, and does not import OpenTelemetry.
    """

    def __init__(self, provider: "TracerProvider | None" = None) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(SERVICE_NAME) if provider else None

    def continue_trace(
        self, headers: Sequence[tuple[bytes, bytes]]
    ) -> AbstractContextManager[None]:
        """While open, spans belong to the trace that a request's headers name (W3C)."""
        return nullcontext() if self._tracer is None else _continue_trace(headers)

    def trace_write(self, events: int) -> AbstractContextManager[None]:
        """While open, records a write of `events` events. An exception sets the span's status."""
        return nullcontext() if self._tracer is None else self._trace_write(events)

    def close(self) -> None:
        """Sends the remaining spans."""
        if self._provider:
            self._provider.shutdown()

    @contextmanager
    def _trace_write(self, events: int) -> Iterator[None]:
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - only if traced

        assert self._tracer is not None  # noqa: S101
        with self._tracer.start_as_current_span(
            "ingest",
            kind=SpanKind.SERVER,
            attributes={"waypath.events": events},
            record_exception=False,  # its message may quote the client
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                code = error.code if isinstance(error, ServiceError) else ServiceError.code
                span.set_attribute("error.type", code)
                span.set_status(StatusCode.ERROR)
                raise


@contextmanager
def _continue_trace(headers: Sequence[tuple[bytes, bytes]]) -> Iterator[None]:
    from opentelemetry import context  # noqa: PLC0415 - only if traced
    from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415

    carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    token = context.attach(tracecontext.TraceContextTextMapPropagator().extract(carrier))
    try:
        yield
    finally:
        context.detach(token)


def from_environment() -> Tracing:
    """Tracing to the collector that OpenTelemetry's variables name. Raises ImportError."""
    from opentelemetry.exporter.otlp.proto.http import trace_exporter  # noqa: PLC0415 - the extra
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    attributes = OTELResourceDetector().detect().attributes
    resource = Resource.create({"service.name": SERVICE_NAME} | dict(attributes))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(trace_exporter.OTLPSpanExporter()))
    return Tracing(provider)
