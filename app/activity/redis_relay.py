"""The Redis relay: passes records between instances, by publish and subscribe.

A process with readers announces them every second. The others publish their records while they
hear announcements: at first the last ones, then each new one.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Container
from typing import Any

import msgspec
import structlog

from app.access import redis_url
from app.activity import record
from app.activity.erased import Erased
from app.activity.outbox import Outbox
from app.activity.stream import ActivityStream
from app.activity.subscription import Coverage

INTERVAL_SECONDS = 1.0
CALL_TIMEOUT_SECONDS = 1.0
MAX_SILENCE_SECONDS = 3.5  # of a reader, and of Redis
HISTORY_WAIT_SECONDS = 0.3

log = structlog.get_logger()


class RedisRelay:
    """The relay of the processes that use one Redis for one database, which `scope` names.

    Processes in `linked` have another relay, and records of them are ignored.
    """

    def __init__(self, url: str, scope: str, linked: Callable[[], Container[str]]) -> None:
        from redis.asyncio import ConnectionPool, Redis  # noqa: PLC0415 - the extra

        _, options = redis_url.parse(url)
        self._client: Any = Redis.from_pool(ConnectionPool(**options))
        self._readers = f"waypath:live:{scope}:readers"
        self._records = f"waypath:live:{scope}:records"
        self._erased = f"waypath:live:{scope}:erased"
        self._linked = linked
        self._stream: ActivityStream
        self._pubsub: Any = None
        self._heard: dict[str, float] = {}  # when each process with readers was heard
        self._outbox = Outbox()
        self._is_watching = False
        self._heard_redis = 0.0

    @property
    def coverage(self) -> Coverage:
        """All instances, while Redis responds."""
        return "all" if self._pubsub else "process"

    async def run(self, stream: ActivityStream) -> None:
        """Publishes and receives until cancelled. It reconnects to Redis every second."""
        self._stream = stream
        try:
            while True:
                try:
                    await self._serve()
                except Exception as error:
                    if self._pubsub:
                        log.warning("live_redis_unavailable", error=type(error).__name__)
                finally:
                    self._stream.remove_sink(self._outbox.put)
                    self._heard.clear()
                    await self._disconnect()
                await asyncio.sleep(INTERVAL_SECONDS)
        finally:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                    await self._publish_messages()
            with contextlib.suppress(Exception):
                await self._client.aclose()

    async def watch(self) -> None:
        """Announces the readers, and waits for the last records."""
        self._is_watching = True
        if not self._pubsub:
            return
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                await self._pubsub.subscribe(self._records)
                await self._announce(is_new=True)
                await asyncio.sleep(HISTORY_WAIT_SECONDS)

    async def unwatch(self) -> None:
        """Receives no more records."""
        self._is_watching = False
        if self._pubsub:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                    await self._pubsub.unsubscribe(self._records)

    async def forget(self, erased: Erased) -> None:
        """Has all processes forget erased Customers. Raises an error if Redis is unavailable."""
        self._outbox.clear()
        async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
            await self._client.publish(self._erased, msgspec.json.encode(erased))

    async def _serve(self) -> None:
        pubsub = self._client.pubsub()
        channels = [self._readers, self._erased, *([self._records] if self._is_watching else [])]
        async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
            await pubsub.subscribe(*channels)
        self._pubsub = pubsub
        self._heard_redis = time.monotonic()
        self._stream.note_coverage()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive(pubsub))
            tasks.create_task(self._send())
            tasks.create_task(self._beat(pubsub))

    async def _disconnect(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub:
            self._stream.note_coverage()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                    await pubsub.aclose()

    async def _receive(self, pubsub: Any) -> None:
        async for message in pubsub.listen():
            self._heard_redis = time.monotonic()
            if message["type"] != "message":
                continue
            channel = message["channel"].decode()
            if channel == self._readers:
                self._hear(msgspec.json.decode(message["data"]))
            elif channel == self._erased:
                self._outbox.clear()
                self._stream.forget(msgspec.json.decode(message["data"], type=Erased))
            else:
                self._take(message["data"])

    async def _beat(self, pubsub: Any) -> None:
        """Announces readers, forgets those of others that ended, and notices a silent Redis."""
        is_new = self._is_watching
        while True:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                await pubsub.ping()
                if self._is_watching:
                    await self._announce(is_new=is_new)
            is_new = False
            await asyncio.sleep(INTERVAL_SECONDS)
            now = time.monotonic()
            if now - self._heard_redis > MAX_SILENCE_SECONDS:
                raise TimeoutError
            for source in [*self._heard]:
                if now - self._heard[source] > MAX_SILENCE_SECONDS:
                    del self._heard[source]
            if not self._heard:
                self._stream.remove_sink(self._outbox.put)

    async def _announce(self, *, is_new: bool) -> None:
        announcement = {"source": self._stream.source, "isNew": is_new}
        await self._client.publish(self._readers, msgspec.json.encode(announcement))

    def _hear(self, announcement: dict[str, Any]) -> None:
        source = announcement["source"]
        if source == self._stream.source or source in self._linked():
            return
        if announcement["isNew"] or source not in self._heard:
            self._outbox.put(self._stream.add_sink(self._outbox.put, 0))
        self._heard[source] = time.monotonic()

    async def _send(self) -> None:
        while True:
            await self._outbox.wait()
            await self._publish_messages()

    async def _publish_messages(self) -> None:
        while message := self._outbox.take():
            await self._client.publish(self._records, message)

    def _take(self, data: bytes) -> None:
        linked = self._linked()
        for line in data.split(b"\n"):
            entry = record.decode(line)
            if entry.source not in linked:
                self._stream.receive(entry)
