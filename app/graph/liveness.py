"""Liveness: whether the database still runs a statement that has no response yet."""

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Collection

PROBE_AFTER_SECONDS = 1.0  # without a response
PROBE_INTERVAL_SECONDS = 0.5
PROBE_TIMEOUT_SECONDS = 2.0
LOST_AFTER_PROBES = 2  # a statement that has just arrived or ended may be missing in one

_PROCESS = secrets.token_hex(8)
_numbers = itertools.count(1)

Running = Callable[[], Awaitable[Collection[str]]]


class Attempt:
    """One attempt at a statement; its transaction carries `id` as metadata.

    The attempt ends early, by the timeout of its `scope`, if its connection is lost.
    """

    def __init__(self, liveness: "Liveness", scope: asyncio.Timeout) -> None:
        self.id = f"{_PROCESS}{next(_numbers):x}"
        self.is_lost = False
        self._liveness = liveness
        self._scope = scope
        self._misses = 0
        self._timer = asyncio.get_running_loop().call_later(
            PROBE_AFTER_SECONDS, liveness.probe, self
        )

    def end(self) -> None:
        """The attempt has ended, and is no longer watched."""
        self._timer.cancel()
        self._liveness.forget(self)

    def compare(self, running: Collection[str]) -> None:
        """Ends the attempt if its transaction is missing for the second time in a row."""
        self._misses = 0 if self.id in running else self._misses + 1
        if self._misses == LOST_AFTER_PROBES:
            self.is_lost = True
            self._scope.reschedule(asyncio.get_running_loop().time())


class Liveness:
    """Distinguishes lost connections from slow statements.

    A database that is slow, or stopped for seconds, still runs the statement. Closing the
    connection would lose that work. So the prober searches the running transactions for each
    statement without a response. The connection is lost only if the transaction is missing there.
    If the database does not respond to the prober either, the state of the statement is unknown.
    """

    def __init__(self, running: Running) -> None:
        """`running` returns the IDs of the attempts in the database; it raises ConnectionError."""
        self._running = running
        self._quiet: set[Attempt] = set()
        self._prober: asyncio.Task[None] | None = None

    def attempt(self, scope: asyncio.Timeout) -> Attempt:
        """An attempt that begins now, and is watched until its end."""
        return Attempt(self, scope)

    def probe(self, attempt: Attempt) -> None:
        """Starts to search the database for an attempt."""
        self._quiet.add(attempt)
        if self._prober is None or self._prober.done():
            self._prober = asyncio.create_task(self._probe())

    def forget(self, attempt: Attempt) -> None:
        """Stops the search for an attempt."""
        self._quiet.discard(attempt)

    async def close(self) -> None:
        """Stops the probes."""
        if self._prober:
            self._prober.cancel()
            await asyncio.gather(self._prober, return_exceptions=True)

    async def _probe(self) -> None:
        while quiet := tuple(self._quiet):
            try:
                async with asyncio.timeout(PROBE_TIMEOUT_SECONDS):
                    running = await self._running()
            except (TimeoutError, ConnectionError):
                pass  # the state of the statements is unknown
            else:
                for attempt in self._quiet.intersection(quiet):
                    attempt.compare(running)
            await asyncio.sleep(PROBE_INTERVAL_SECONDS)
