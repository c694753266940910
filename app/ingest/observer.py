"""Observers of ingest: they learn of every request with events, after its commit or rejection.

An interface opens an observation for each request. It ends with the request, and notifies.
"""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Literal, Protocol

import structlog
from msgspec import Struct

from app.domain.suppression_errors import Suppressed
from app.errors import ServiceError
from app.ingest import observed_event
from app.ingest.observed_event import ObservedEvent
from app.ingest.payload import Payload
from app.ingest.results import IngestResult

Way = Literal["http", "segment", "mcp", "import", "kafka"]

log = structlog.get_logger()


class Sender(Struct, frozen=True):
    """Who sent a request: the way in, and the ID and name of the API key, if it is known."""

    way: Way
    key_id: str | None = None
    key_name: str | None = None


class ObservedRequest(Struct):
    """A request. The interface adds what it learns: the sender, the body, the payload, the result.

    `time` is that of its end, in seconds since 1970. It ends with a `result`, or with the `error`
    that rejected all of it. If the client left before either, it `is_abandoned`. Observers do
    not learn of it then, nor of a dry run.
    """

    sender: Sender
    time: float = 0.0
    raw: bytes = b""
    payload: Payload | None = None
    result: IngestResult | None = None
    error: ServiceError | None = None
    is_abandoned: bool = False
    is_dry_run: bool = False

    @property
    def size(self) -> int:
        """The size of the body in bytes."""
        return self.payload.size if self.payload else len(self.raw)

    @property
    def count(self) -> int:
        """The number of `events`."""
        return len(self.payload.sent) if self.payload else 1

    @property
    def is_rejected(self) -> bool:
        """Whether at least one of its events was rejected."""
        return self.result is None or self.result.accepted < len(self.result.results)

    def events(self) -> Iterator[ObservedEvent]:
        """Yields each event, in the order of the request. Costs nothing before it is called."""
        if self.payload is None:
            yield ObservedEvent(0, "rejected", error=self.error)
        elif self.result is None:
            error = self.error or ServiceError()
            yield from observed_event.rejected_together(self.payload, error)
        else:
            yield from _results(self.payload, self.result)

    def body(self, position: int) -> bytes:
        """Returns the event at a position as sent, as JSON; a string if it was not decoded.

        Of a suppressed event, nothing is left: an empty object.
        """
        if self.payload is None:
            return observed_event.text_json(self.raw)
        if self._is_suppressed(position):
            return b"{}"
        return observed_event.event_json(self.payload, position)

    def _is_suppressed(self, position: int) -> bool:
        if isinstance(self.error, Suppressed):  # a detail for each suppressed identifier
            paths = [detail.path for detail in self.error.details]
            start = self.payload.path(position) if self.payload else ""
            return any(path.startswith(start) for path in paths)
        return self.result is not None and isinstance(self.result.results[position], Suppressed)


class IngestObserver(Protocol):
    """Learns of every request after its end. It must return at once, and not change the request."""

    def __call__(self, request: ObservedRequest) -> None:
        """Takes a request after its commit or rejection."""
        ...


class Observation:
    """The context in which a request is handled."""

    __slots__ = ("_observers", "request")

    def __init__(self, observers: Sequence[IngestObserver], request: ObservedRequest) -> None:
        self._observers = observers
        self.request = request

    def __enter__(self) -> ObservedRequest:
        """Returns the request, to which the interface adds what it learns."""
        return self.request

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        """Notifies the observers, unless the request has no outcome."""
        request = self.request
        if request.is_abandoned or request.is_dry_run:
            return
        if error is not None and not isinstance(error, Exception):
            return  # a cancellation
        if error is not None and request.error is None:
            request.error = error if isinstance(error, ServiceError) else ServiceError()
        request.time = time.time()
        for observer in self._observers:
            try:
                observer(request)
            except Exception:
                log.exception("ingest_observer_failed")


def _results(payload: Payload, result: IngestResult) -> Iterator[ObservedEvent]:
    written = iter(result.written)
    for position, (row, item) in enumerate(zip(result.rows, result.results, strict=True)):
        row_result = None if isinstance(row, ServiceError) else next(written)
        if isinstance(item, ServiceError):
            yield _not_stored(payload, position, item)
        elif row_result and not isinstance(row, ServiceError):
            yield observed_event.stored(payload, position, row, row_result, item)


def _not_stored(payload: Payload, position: int, error: ServiceError) -> ObservedEvent:
    if warning := payload.tolerated(error):
        return observed_event.tolerated(payload, position, warning)
    return observed_event.rejected(payload, position, error)
