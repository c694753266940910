"""Senders: an open loop sends on schedule, a closed loop waits for each response.

A closed loop slows down with the service, and so cannot overload it.
"""

import asyncio
import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.http_connection import NO_RESPONSE, Connection, Response


@dataclass
class Responses:
    """All responses to one sender."""

    all: list[Response] = field(default_factory=list)

    @property
    def statuses(self) -> Counter[int]:
        """The number of responses by status."""
        return Counter(response.status for response in self.all)

    def latencies(self, status: int) -> list[float]:
        """The latencies of the responses with a status, in seconds, the shortest first."""
        return sorted(response.seconds for response in self.all if response.status == status)

    def percentile(self, status: int, percent: float) -> float:
        """A percentile of those latencies, or NaN if there are none."""
        latencies = self.latencies(status)
        if not latencies:
            return math.nan
        return latencies[int((len(latencies) - 1) * percent / 100)]

    def rate(self, status: int, began: float, seconds: float) -> float:
        """The responses with a status per second, in a span of time."""
        times = [response.at for response in self.all if response.status == status]
        return sum(began <= at < began + seconds for at in times) / seconds


class _Senders:
    """The base of both kinds of senders: persistent connections to a service.

    `timeout` is in seconds; a request without a response by then has the status 0.
    """

    def __init__(self, address: str, *, timeout: float = 30, seed: float = 0) -> None:
        url = urlsplit(address)
        self._host, self._port = url.hostname or "", url.port or 80
        self._timeout = timeout
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._idle: list[Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def _send(self, content: bytes, due: float, done: Callable[[Response], None]) -> None:
        """Sends a request on an idle connection, or else on a new one."""
        while self._idle:
            # The most recent one: the service closes connections that are idle for seconds.
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
                    lambda: Connection(self._idle, self._timeout), self._host, self._port
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
    """Sends requests on schedule, on as many connections as necessary.

    The arrivals are a Poisson process, like those of many independent callers.
    """

    async def send(self, requests: Sequence[bytes], rate: float, seconds: float) -> Responses:
        """Sends `rate` requests per second for some seconds, and waits for the responses."""
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
        """Runs `senders` senders for some seconds, and waits for the responses."""
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
