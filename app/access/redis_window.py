"""The rate limit window of many processes: the events of each API key, counted in Redis."""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from app.access import redis_url
from app.access.memory_window import WINDOW_SECONDS

CONNECT_TIMEOUT_SECONDS = 1.0  # of a probe, which no request waits for
MAX_CALLS_PER_SCRIPT = 500
KEY_PREFIX = "waypath:minute:"
PROBE_KEY_ID = "probe"  # no API key's id has this form

# Atomic, so that concurrent processes do not both count the last events that are allowed. For each
# API key it returns whether the events are allowed, the events counted, and the milliseconds left.
# Rejected events are not counted.
_CONSUME = """
local milliseconds = ARGV[1]
local usages = {}
for number, window in ipairs(KEYS) do
  local events, limit = tonumber(ARGV[2 * number]), tonumber(ARGV[2 * number + 1])
  local counted = tonumber(redis.call('GET', window) or 0)
  local is_allowed = counted + events <= limit
  if is_allowed and counted == 0 then
    redis.call('SET', window, events, 'PX', milliseconds)
  elseif is_allowed then
    redis.call('INCRBY', window, events)
  end
  table.insert(usages, is_allowed and 1 or 0)
  table.insert(usages, is_allowed and counted + events or counted)
  table.insert(usages, redis.call('PTTL', window))
end
return usages
"""


class RateLimitStorageUnavailable(Exception):
    """Redis is unavailable; the message is the cause, without any password."""


class Usage(Struct, frozen=True):
    """The window of an API key after a call: its events, and the seconds until it ends."""

    is_allowed: bool
    events: int
    seconds: float


class _Call(Struct, frozen=True, eq=False):
    key_id: str
    events: int
    limit: int
    outcome: asyncio.Future[Usage]


class RedisWindow:
    """Counts up to `limit` events of an API key in windows of `seconds`, in the Redis at `url`.

    Calls that arrive while a script runs share the next one.
    """

    def __init__(self, url: str, limit: int, seconds: float = WINDOW_SECONDS) -> None:
        from redis.asyncio import ConnectionPool, Redis  # noqa: PLC0415 - the extra

        self._timeout, options = redis_url.parse(url)
        self._client = Redis.from_pool(ConnectionPool(**options))
        self._script = self._client.register_script(_CONSUME)
        self._limit = limit
        self._milliseconds = max(1, round(seconds * 1000))
        self._calls: list[_Call] = []
        self._sender: asyncio.Task[None] | None = None

    async def consume(self, key_id: str, events: int, limit: int | None = None) -> Usage:
        """Counts events of an API key, or none of them if they exceed the limit.

        Raises RateLimitStorageUnavailable, within the timeout of the URL.
        """
        outcome = asyncio.get_running_loop().create_future()
        call = _Call(key_id, events, limit or self._limit, outcome)
        self._calls.append(call)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_calls())
        return await call.outcome

    async def probe(self) -> None:
        """Runs the script without effect. Raises RateLimitStorageUnavailable."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                await self._client.ping()  # pyright: ignore[reportGeneralTypeIssues]
            await self._run_script([PROBE_KEY_ID], [0, self._limit])
        except Exception as error:
            raise self._unavailable(error) from None  # its causes may hold the password

    async def close(self) -> None:
        """Closes the connections."""
        if self._sender:
            self._sender.cancel()
        await self._client.aclose()

    async def _send_calls(self) -> None:
        try:
            while calls := self._calls[:MAX_CALLS_PER_SCRIPT]:
                del self._calls[:MAX_CALLS_PER_SCRIPT]
                try:
                    await self._send(calls)
                except Exception as error:
                    _fail([*calls, *self._calls], self._unavailable(error))
                    self._calls.clear()
                finally:
                    _fail(calls, RateLimitStorageUnavailable("the service is stopping"))
        finally:
            self._sender = None

    async def _send(self, calls: list[_Call]) -> None:
        usages = await self._run_script(
            [call.key_id for call in calls],
            [number for call in calls for number in (call.events, call.limit)],
        )
        for number, call in enumerate(calls):
            is_allowed, events, milliseconds = usages[3 * number : 3 * number + 3]
            if not call.outcome.done():  # else its caller was cancelled
                # The window includes the millisecond in which it ends.
                call.outcome.set_result(Usage(bool(is_allowed), events, (milliseconds + 1) / 1000))

    async def _run_script(self, key_ids: list[str], numbers: list[int]) -> list[int]:
        async with asyncio.timeout(self._timeout):
            return await self._script(
                keys=[KEY_PREFIX + key_id for key_id in key_ids],
                args=[self._milliseconds, *numbers],
            )

    def _unavailable(self, error: Exception) -> RateLimitStorageUnavailable:
        if isinstance(error, TimeoutError):
            return RateLimitStorageUnavailable(f"no response within {self._timeout:g} s")
        return RateLimitStorageUnavailable(f"{type(error).__name__}: {error}")


def _fail(calls: Iterable[_Call], error: RateLimitStorageUnavailable) -> None:
    for call in calls:
        if not call.outcome.done():
            call.outcome.set_exception(error)


def connect(url: str | None, limit: int) -> RedisWindow | None:
    """The window in the Redis at `url`, or None without a URL."""
    return RedisWindow(url, limit) if url else None
