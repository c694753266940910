"""The protocol: HTTP/1.1 of uvicorn, with limits for slow and oversized requests."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import ServiceError
from app.http.errors import HeadersTooLarge, InvalidRequest, RequestTimeout
from app.http.event_stream import ENDS_WITH
from app.http.request_id import request_id
from app.http.responses import REJECTED_WITH, STATUS, error_content

HEADER_TIMEOUT_SECONDS = 10.0
MAX_HEADER_BYTES = 64 * 1024
MAX_HEADERS = 200
BODY_TIMEOUT_SECONDS = 30.0
STREAM_END_TIMEOUT_SECONDS = 2.0  # for a client that does not read

LARGE_HEADERS = f"The headers are larger than {MAX_HEADER_BYTES // 1024} KiB."
MANY_HEADERS = f"The request has more than {MAX_HEADERS} headers."

log = structlog.get_logger()


class HttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not arrive in time, and rejects oversized headers.

    A client that sends no request, or a part of one, holds its socket no longer than the timeouts
    above.
    """

    def __init__(
        self,
        *args: Any,
        header_timeout: float = HEADER_TIMEOUT_SECONDS,
        body_timeout: float = BODY_TIMEOUT_SECONDS,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._header_timeout = header_timeout
        self._body_timeout = body_timeout
        self._timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._is_in_header = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the timeout of the first request."""
        super().connection_made(CoalescingTransport(transport, self.loop))  # type: ignore[arg-type]
        self._set_timer(self._header_timeout, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the timeout."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, and rejects headers that exceed their limit."""
        if self._is_in_header:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._header_bytes and self._timer is None and not self.transport.is_closing():
            # The request is incomplete. Most requests arrive in one piece and need no timer.
            self._start_timer()
        if self._is_in_header and self._header_bytes > MAX_HEADER_BYTES:
            self._reject(HeadersTooLarge(LARGE_HEADERS))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Adds a header. Raises ValueError, which the parser reports, if there are too many."""
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            raise ValueError("too many headers")

    def on_headers_complete(self) -> None:
        """Starts the application."""
        self._is_in_header = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stops the timeout: the request is complete."""
        self._stop_timer()
        self._is_in_header = True
        self._header_bytes = 0
        self.scope = None  # type: ignore[assignment] # later bytes may not be a request
        super().on_message_complete()

    def shutdown(self) -> None:
        """Ends a stream, which has no end of its own; at the latest after a timeout."""
        is_running = self.cycle and not self.cycle.response_complete
        if is_running and (end := self.cycle.scope.get("state", {}).get(ENDS_WITH)):
            end()
            self._set_timer(STREAM_END_TIMEOUT_SECONDS, self.transport.abort)
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Returns an error of the parser in the form of every other error."""
        if self.headers and len(self.headers) > MAX_HEADERS:
            self._reject(HeadersTooLarge(MANY_HEADERS))
        else:
            self._reject(InvalidRequest())

    def _reject(self, error: ServiceError) -> None:
        if self.transport.is_closing():
            return
        scope: Any = self.scope or {"headers": []}
        id_ = request_id(scope)
        if self.cycle and self.cycle.scope is scope:
            scope["state"][REJECTED_WITH] = error  # the middleware logs and counts it
        else:
            log.info("request_rejected", request_id=id_, code=error.code)
        status = STATUS[error.code]
        content = msgspec.json.encode(error_content(error))
        self.transport.write(
            b"HTTP/1.1 %d %b\r\nX-Request-Id: %b\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (status, status.phrase.encode(), id_.encode(), len(content), content)
        )
        self.transport.close()

    def _start_timer(self) -> None:
        if self._is_in_header:
            self._set_timer(self._header_timeout, self.transport.close)
        else:
            self._set_timer(self._body_timeout, self._end_body)

    def _end_body(self) -> None:
        if self.cycle.response_started:  # the application rejected it early
            self.transport.close()
        else:
            self._reject(RequestTimeout(self._body_timeout))

    def _set_timer(self, seconds: float, end: Callable[[], None]) -> None:
        self._timer = self.loop.call_later(seconds, end)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class CoalescingTransport:
    """A transport that sends all writes of one turn of the event loop as one.

    Uvicorn writes the head and the body of a response separately. Two packets cost the service and
    the client more than the rest of the sending.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Sends data at the next turn of the event loop."""
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(data)

    def close(self) -> None:
        """Closes the transport after all data is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._pieces:
            self._transport.write(b"".join(self._pieces))
            self._pieces.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
