"""Shared minutes: what each API key has spent of its minute, kept in Redis or Valkey for all."""

import asyncio
from collections.abc import Iterable

from msgspec import Struct

from app.access import redis_url
from app.access.memory_window import SECONDS

CONNECT_TIMEOUT = 1.0  # seconds, while no request waits
TOGETHER = 500  # calls in one question
PREFIX = "waypath:minute:"
PROBE = "probe"  # an API key's id looks otherwise

# Atomic, so that instances that ask at once do not spend the same room. What is refused spends
# nothing. Of each call it tells whether there was room, what is spent, and the time that is left.
_SPEND = """
local limit, milliseconds = tonumber(ARGV[1]), ARGV[2]
local told = {}
for number, minute in ipairs(KEYS) do
  local events = tonumber(ARGV[number + 2])
  local spent = tonumber(redis.call('GET', minute) or 0)
  local has_room = spent + events <= limit
  if has_room and spent == 0 then
    redis.call('SET', minute, events, 'PX', milliseconds)
  elseif has_room then
    redis.call('INCRBY', minute, events)
  end
  table.insert(told, has_room and 1 or 0)
  table.insert(told, has_room and spent + events or spent)
  table.insert(told, redis.call('PTTL', minute))
end
return told
"""


class StorageAway(Exception):
    """The storage cannot be used now; the message says why, without any password."""


class Spent(Struct, frozen=True):
    """Whether there was room, what is spent by now, and for how many seconds the minute lasts."""

    had_room: bool
    spent: int
    seconds: float


class _Call(Struct, frozen=True, eq=False):
    key_id: str
    events: int
    outcome: asyncio.Future[Spent]


class SharedMinutes:
    """The minutes of all processes that share a storage, which is at `url`.

    Calls that arrive while a question is on its way share the next one. `limit` is how many
    events a minute has room for, `seconds` how long one lasts.
    """

    def __init__(self, url: str, limit: int, seconds: float = SECONDS) -> None:
        from redis.asyncio import ConnectionPool, Redis  # noqa: PLC0415 - the extra

        self._patience, options = redis_url.parse(url)
        self._client = Redis.from_pool(ConnectionPool(**options))
        self._script = self._client.register_script(_SPEND)
        self._told = [limit, max(1, round(seconds * 1000))]
        self._calls: list[_Call] = []
        self._asking: asyncio.Task[None] | None = None

    async def spend(self, key_id: str, events: int) -> Spent:
        """Counts events of a key where its minute has room for them, and else nothing.

        Raises StorageAway, soon.
        """
        call = _Call(key_id, events, asyncio.get_running_loop().create_future())
        self._calls.append(call)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_all())
        return await call.outcome

    async def look(self) -> None:
        """Returns if the storage does what a call needs. Raises StorageAway."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await self._client.ping()  # pyright: ignore[reportGeneralTypeIssues]
            await self._ask([PROBE], [0])
        except Exception as error:
            raise self._away(error) from None  # its causes may hold the password

    async def close(self) -> None:
        """Closes the connections."""
        if self._asking:
            self._asking.cancel()
        await self._client.aclose()

    async def _ask_all(self) -> None:
        try:
            while calls := self._calls[:TOGETHER]:
                del self._calls[:TOGETHER]
                try:
                    await self._answer(calls)
                except Exception as error:
                    _refuse([*calls, *self._calls], self._away(error))
                    self._calls.clear()
                finally:
                    _refuse(calls, StorageAway("it is being closed"))
        finally:
            self._asking = None

    async def _answer(self, calls: list[_Call]) -> None:
        told = await self._ask([call.key_id for call in calls], [call.events for call in calls])
        for number, call in enumerate(calls):
            had_room, spent, left = told[3 * number : 3 * number + 3]
            if not call.outcome.done():  # its caller still waits
                # It still counts within the millisecond in which it ends.
                call.outcome.set_result(Spent(bool(had_room), spent, (left + 1) / 1000))

    async def _ask(self, key_ids: list[str], events: list[int]) -> list[int]:
        async with asyncio.timeout(self._patience):
            return await self._script(
                keys=[PREFIX + key_id for key_id in key_ids], args=[*self._told, *events]
            )

    def _away(self, error: Exception) -> StorageAway:
        if isinstance(error, TimeoutError):
            return StorageAway(f"it did not answer within {self._patience:g} s")
        return StorageAway(f"{type(error).__name__}: {error}")


def _refuse(calls: Iterable[_Call], error: StorageAway) -> None:
    for call in calls:
        if not call.outcome.done():
            call.outcome.set_exception(error)


def at(url: str | None, limit: int) -> SharedMinutes | None:
    """The minutes that are shared at `url`, if it names a storage."""
    return SharedMinutes(url, limit) if url else None
