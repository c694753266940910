"""The member of the group: the client, whose calls and callbacks run in one thread."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from app.kafka.assignment import Assignment, Partition
from app.kafka.configuration import LOGGING, ClientConfiguration, ConfigurationError

CHECK_TIMEOUT_SECONDS = 2.0

log = structlog.get_logger()

T = TypeVar("T")


class FatalKafkaError(Exception):
    """The client cannot continue: another consumer has its group.instance.id, for example."""


class RebalanceListener(Protocol):
    """Learns of rebalances, in the thread of the client, which waits for it."""

    def on_assigned(self, client: Consumer, partitions: list[Partition]) -> None:
        """Takes new partitions."""
        ...

    def on_revoked(self, client: Consumer, partitions: list[Partition]) -> None:
        """Takes partitions that go to another member afterwards: their offsets can be committed."""
        ...

    def on_lost(self, partitions: list[Partition]) -> None:
        """Takes partitions that another member may already have."""
        ...


class GroupMember:
    """A member of a consumer group, and its assignment. Methods without `async` are for callbacks.

    Raises ConfigurationError for properties that the client does not take.
    """

    def __init__(
        self,
        configuration: ClientConfiguration,
        topics: Sequence[str],
        listener: RebalanceListener,
    ) -> None:
        self.assignment = Assignment()
        self._topics = list(topics)
        self._listener = listener
        self._executor = ThreadPoolExecutor(1, "kafka")
        self._reported: set[str] = set()
        options = {"error_cb": self.note_error, **LOGGING}
        try:
            self.client = Consumer({**options, **configuration.consumer()})
        except (KafkaException, TypeError, ValueError) as error:
            reason = error.args[0].str() if isinstance(error, KafkaException) else str(error)
            raise ConfigurationError(reason) from error
        self._fatal: KafkaError | None = None

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Runs a function in the thread of the client."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, function, *arguments)

    async def join(self) -> None:
        """Joins the group."""
        await self.call(
            lambda: self.client.subscribe(
                self._topics,
                on_assign=self._on_assign,
                on_revoke=self._on_revoke,
                on_lost=self._on_lost,
            )
        )

    async def poll(self, count: int, first: float, wait: float) -> list[Message]:
        """Returns up to `count` messages: waits `first` seconds for one, and `wait` for more.

        Raises FatalKafkaError.
        """
        messages = await self.call(self._poll, count, first, wait)
        if self._fatal:
            raise FatalKafkaError(self._fatal.str())
        return messages

    async def pause(self) -> None:
        """Pauses all partitions that are not paused yet."""
        await self.call(self._set_paused, True)

    async def resume(self) -> None:
        """Resumes all partitions."""
        await self.call(self._set_paused, False)

    async def is_connected(self) -> bool:
        """Whether the brokers can be reached, and this client is a member of the group."""
        is_up = await self.call(self._is_up)
        if is_up and self._reported:
            log.info("kafka_client_recovered")
            self._reported.clear()
        return is_up

    async def missing(self, topics: Sequence[str]) -> list[str]:
        """Returns the topics that do not exist. Raises KafkaException."""
        return await self.call(self._missing, topics)

    async def leave(self) -> None:
        """Leaves the group: revokes all partitions, and closes the client."""
        await self.call(self.client.close)
        self._executor.shutdown(wait=False)

    def note_error(self, error: KafkaError) -> None:
        """Logs an error of the client, once until it recovers."""
        if error.fatal():
            self._fatal = error
        # An outage has the same errors every second.
        if error.name() not in self._reported:
            self._reported.add(error.name())
            log.warning("kafka_client_failed", code=error.name(), error=error.str())

    def _poll(self, count: int, first: float, wait: float) -> list[Message]:
        message = self.client.poll(first)
        if message is None:
            return []
        return [message, *(self.client.consume(count - 1, wait) if count > 1 else ())]

    def _set_paused(self, is_paused: bool) -> None:
        changed = [own for own in self.assignment.partitions if own.is_paused != is_paused]
        if changed:
            change = self.client.pause if is_paused else self.client.resume
            change([partition.plain for partition in changed])
        for partition in changed:
            partition.is_paused = is_paused

    def _is_up(self) -> bool:
        try:
            self.client.list_topics(self._topics[0], CHECK_TIMEOUT_SECONDS)
        except KafkaException as error:
            self.note_error(error.args[0])
            return False
        return bool(self.client.memberid())

    def _missing(self, topics: Sequence[str]) -> list[str]:
        found = [self.client.list_topics(name, CHECK_TIMEOUT_SECONDS).topics for name in topics]
        return [
            name
            for name, metadata in zip(topics, found, strict=True)
            if name not in metadata or metadata[name].error
        ]

    def _on_assign(self, client: Consumer, plain: list[TopicPartition]) -> None:
        partitions = self.assignment.add(plain)
        log.info("kafka_partitions_assigned", partitions=[*map(str, partitions)])
        self._listener.on_assigned(client, partitions)

    def _on_revoke(self, client: Consumer, plain: list[TopicPartition]) -> None:
        partitions = self.assignment.find(plain)
        self._listener.on_revoked(client, partitions)
        self.assignment.remove(partitions)
        log.info("kafka_partitions_revoked", partitions=[*map(str, partitions)])

    def _on_lost(self, _: Consumer, plain: list[TopicPartition]) -> None:
        partitions = self.assignment.find(plain)
        self.assignment.remove(partitions)
        self._listener.on_lost(partitions)
        log.warning("kafka_partitions_lost", partitions=[*map(str, partitions)])
