"""HTTP/1.1 for the senders: a request as bytes, and a persistent connection."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

END_OF_HEAD = b"\r\n\r\n"
NO_RESPONSE = 0  # as a status
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(frozen=True)
class Response:
    """A response; the times are the event loop's, in seconds."""

    due: float
    at: float
    status: int
    retry_after: int | None = None

    @property
    def seconds(self) -> float:
        """The latency, from the time at which the request was due."""
        return self.at - self.due


def request(address: str, api_key: str, body: bytes) -> bytes:
    """The bytes of a `POST /v1/events`."""
    head = (
        "POST /v1/events HTTP/1.1",
        f"Host: {urlsplit(address).netloc}",
        f"X-API-Key: {api_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join(head).encode() + END_OF_HEAD + body


class Connection(asyncio.Protocol):
    """A connection that carries one request after another.

    Between requests it is in `idle`. A request without a response after `timeout` seconds has the
    status NO_RESPONSE.
    """

    def __init__(self, idle: list["Connection"], timeout: float) -> None:
        self.is_open = False
        self._idle = idle
        self._timeout = timeout
        self._buffer = b""
        self._due = 0.0
        self._done: Callable[[Response], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Stores the transport (asyncio.Protocol)."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._loop = asyncio.get_running_loop()
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends a request that has no response (asyncio.Protocol)."""
        self.is_open = False
        self._finish(NO_RESPONSE)

    def close(self) -> None:
        """Closes it at once."""
        self.is_open = False
        self._transport.abort()

    def exchange(self, content: bytes, due: float, done: Callable[[Response], None]) -> None:
        """Sends a request, and calls `done` with its response."""
        self._due, self._done = due, done
        self._timer = self._loop.call_later(self._timeout, self.close)
        self._transport.write(content)

    def data_received(self, data: bytes) -> None:
        """Reads a response, which may arrive in parts (asyncio.Protocol)."""
        self._buffer += data
        head, end, body = self._buffer.partition(END_OF_HEAD)
        if not end:
            return
        length = _LENGTH.search(head)
        if length and len(body) < int(length[1]):
            return
        self._buffer = b""
        retry_after = _RETRY_AFTER.search(head)
        if _CLOSE.search(head):
            self.is_open = False
        else:
            self._idle.append(self)
        self._finish(int(head[9:12]), int(retry_after[1]) if retry_after else None)

    def _finish(self, status: int, retry_after: int | None = None) -> None:
        if self._done:
            done, self._done = self._done, None
            self._timer.cancel()
            done(Response(self._due, self._loop.time(), status, retry_after))
