"""The rate limiter: how many events a minute each API key may send."""

import asyncio
import math

import structlog

from app.access.memory_window import MemoryWindow
from app.access.redis_window import RateLimitStorageUnavailable, RedisWindow
from app.errors import PayloadTooLarge, RateLimited
from app.observability.metrics import Metrics

PROBE_INTERVAL_SECONDS = 1.0

log = structlog.get_logger()


class RateLimiter:
    """Counts the events of each API key in windows of a minute.

    All processes that share a Redis window count together; without one, each counts for itself.
    While Redis is unavailable, each process continues alone, from the last count of each API key
    that it received, and no call waits for Redis.
    """

    def __init__(
        self,
        limit: int,
        metrics: Metrics | None = None,
        redis: RedisWindow | None = None,
        memory: MemoryWindow | None = None,
        probe_interval: float = PROBE_INTERVAL_SECONDS,
    ) -> None:
        self._limit = limit
        self._metrics = metrics or Metrics()
        self._redis = redis
        self._memory = memory or MemoryWindow(limit)
        self._probe_interval = probe_interval
        self._is_redis_available = True

    @property
    def is_shared(self) -> bool | None:
        """Whether all workers count together now; None without a shared storage."""
        return self._is_redis_available if self._redis else None

    async def consume(self, key_id: str, events: int, limit: int | None = None) -> None:
        """Counts events of an API key, or none of them. `limit` is that of an API key with its own.

        Raises RateLimited with the seconds to wait, or PayloadTooLarge if they exceed the limit of
        a whole minute.
        """
        limit = limit or self._limit
        if events > limit:
            message = (
                f"{events:,} events exceed the rate limit of {limit:,} events/min. "
                "Send smaller batches."
            )
            raise PayloadTooLarge(message)
        if self._redis and self._is_redis_available:
            wait = await self._consume_shared(self._redis, key_id, events, limit)
        else:
            wait = self._memory.consume(key_id, events, limit)
        if wait:
            self._metrics.count_rate_limited()
            raise RateLimited(limit, retry_after=max(1, math.ceil(wait)))

    async def watch(self) -> None:
        """Probes Redis at once, and while it is unavailable every interval, until cancelled."""
        is_due = True
        while self._redis:
            if is_due:
                await self._probe(self._redis)
            await asyncio.sleep(self._probe_interval)
            is_due = not self._is_redis_available

    async def close(self) -> None:
        """Closes the connections to Redis."""
        if self._redis:
            await self._redis.close()

    async def _consume_shared(
        self, redis: RedisWindow, key_id: str, events: int, limit: int
    ) -> float:
        try:
            usage = await redis.consume(key_id, events, limit)
        except RateLimitStorageUnavailable as error:
            self._note_failure(error)
            return self._memory.consume(key_id, events, limit)
        self._memory.adopt(key_id, usage.events, usage.seconds)
        return 0.0 if usage.is_allowed else usage.seconds

    async def _probe(self, redis: RedisWindow) -> None:
        try:
            await redis.probe()
        except RateLimitStorageUnavailable as error:
            self._note_failure(error)
        else:
            self._set_availability(is_available=True)

    def _note_failure(self, error: RateLimitStorageUnavailable) -> None:
        self._set_availability(is_available=False, error=str(error))

    def _set_availability(self, *, is_available: bool, **fields: str) -> None:
        self._metrics.set_rate_limit_storage_up(is_up=is_available)
        if is_available == self._is_redis_available:
            return
        self._is_redis_available = is_available
        if is_available:
            log.info("rate_limit_storage_recovered")
        else:
            log.warning("rate_limit_storage_unavailable", **fields)
