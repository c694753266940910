"""Senders: an open loop, whose requests leave when they are due, and a closed one, which waits.

Senders that wait for each response slow down with the service, and so cannot overload it.
"""

import asyncio
import itertools
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


@dataclass
class Responses:
    """All responses to one sender."""

    all: list[Response] = field(default_factory=list)

    @property
    def statuses(self) -> Counter[int]:
        """How many responses have each status."""
        return Counter(response.status for response in self.all)

    def latencies(self, status: int) -> list[float]:
        """The latencies of the responses with a status, in seconds, the shortest first."""
        return sorted(each.seconds for each in self.all if each.status == status)

    def percentile(self, status: int, percent: float) -> float:
        """A percentile of those latencies, or NaN if there are none."""
        found = self.latencies(status)
        return found[int((len(found) - 1) * percent / 100)] if found else math.nan

    def rate(self, status: int, began: float, seconds: float) -> float:
        """How many responses with a status came a second, in a span of time."""
        times = [each.at for each in self.all if each.status == status]
        return sum(began <= at < began + seconds for at in times) / seconds


def request(address: str, api_key: str, body: bytes) -> bytes:
    """A `POST /v1/events`, as it goes over the socket."""
    head = (
        "POST /v1/events HTTP/1.1",
        f"Host: {urlsplit(address).netloc}",
        f"X-API-Key: {api_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join(head).encode() + END_OF_HEAD + body


class _Senders:
    """What both kinds of senders share: connections to a service that are used again.

    `timeout` is in seconds; a request without a response by then has the status 0.
    """

    def __init__(self, address: str, *, timeout: float = 30, seed: float = 0) -> None:
        url = urlsplit(address)
        self._host, self._port = url.hostname, url.port
        self._timeout = timeout
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._idle: list[_Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def _send(self, content: bytes, due: float, done: Callable[[Response], None]) -> None:
        """Sends a request, on a connection that is idle or else on a new one."""
        while self._idle:
            # The one used last; the service closes those that are idle for seconds.
            if (connection := self._idle.pop()).is_open:
                connection.exchange(content, due, done)
                return
        task = asyncio.create_task(self._send_on_new(content, due, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_on_new(
        self, content: bytes, due: float, done: Callable[[Response], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                _, connection = await loop.create_connection(
                    lambda: _Connection(self._idle, self._timeout), self._host, self._port
                )
        except (OSError, TimeoutError):
            done(Response(due, loop.time(), NO_RESPONSE))
        else:
            connection.exchange(content, due, done)

    def _close(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()


class OpenLoop(_Senders):
    """Sends requests when they are due, on as many connections as it takes.

    The arrivals are a Poisson process, as those of many independent callers are.
    """

    async def send(self, requests: Sequence[bytes], rate: float, seconds: float) -> Responses:
        """Sends `rate` requests a second for some seconds, and waits for the responses."""
        loop = asyncio.get_running_loop()
        responses, is_complete = Responses(), asyncio.Event()
        sent, is_over = 0, False

        def done(response: Response) -> None:
            responses.all.append(response)
            if is_over and len(responses.all) == sent:
                is_complete.set()

        due = began = loop.time()
        while (due := due + self._random.expovariate(rate)) < began + seconds:
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            self._send(requests[sent % len(requests)], due, done)
            sent += 1
        is_over = True
        if len(responses.all) < sent:
            await is_complete.wait()
        self._close()
        return responses


class ClosedLoop(_Senders):
    """Senders that each wait for a response before they send the next request."""

    async def send(self, requests: Sequence[bytes], senders: int, seconds: float) -> Responses:
        """Has so many senders send for some seconds, and waits for the responses."""
        loop = asyncio.get_running_loop()
        responses, end = Responses(), loop.time() + seconds
        contents = itertools.cycle(requests)

        async def work() -> None:
            while (now := loop.time()) < end:
                response: asyncio.Future[Response] = loop.create_future()
                self._send(next(contents), now, response.set_result)
                responses.all.append(await response)

        await asyncio.gather(*(work() for _ in range(senders)))
        self._close()
        return responses


class _Connection(asyncio.Protocol):
    """A connection that carries one request after another, and is idle in between."""

    def __init__(self, idle: list["_Connection"], timeout: float) -> None:
        self.is_open = False
        self._idle = idle
        self._timeout = timeout
        self._buffer = b""
        self._due = 0.0
        self._done: Callable[[Response], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._loop = asyncio.get_running_loop()
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._finish(NO_RESPONSE)

    def close(self) -> None:
        self.is_open = False
        self._transport.abort()

    def exchange(self, content: bytes, due: float, done: Callable[[Response], None]) -> None:
        """Sends a request, whose response `done` takes."""
        self._due, self._done = due, done
        self._timer = self._loop.call_later(self._timeout, self.close)
        self._transport.write(content)

    def data_received(self, data: bytes) -> None:
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
