"""The consumer: stores the records of topics as events, each once, and commits their offsets."""

import asyncio
import time
from collections.abc import Container, Sequence

import structlog
from confluent_kafka import KafkaError, KafkaException, Message
from msgspec import Struct

from app.domain.identifiers import Identifier
from app.ingest.service import Ingest
from app.kafka import lag, records
from app.kafka.buffer import Buffer
from app.kafka.configuration import ClientConfiguration
from app.kafka.dead_letters import DeadLetterWriter
from app.kafka.member import GroupMember
from app.kafka.offsets import Offsets
from app.kafka.rebalancing import Rebalancing
from app.kafka.records import Format
from app.kafka.storage import Storage
from app.observability.kafka_metrics import KafkaMetrics

POLL_RECORDS = 1000
FIRST_RECORD_TIMEOUT_SECONDS = 0.25  # also the longest wait of a commit
MAX_FULL_SECONDS = 5.0  # a full buffer for longer pauses the partitions
COMMIT_RETRY_SECONDS = 0.5
CHECK_INTERVAL_SECONDS = 5.0
MAX_SILENCE_SECONDS = 120.0
# Parsing blocks the event loop, and so the writers, for at most this number of records.
RECORDS_PER_SLICE = 50

log = structlog.get_logger()


class ConsumerOptions(Struct, frozen=True):
    """The topics to consume, the format of their records, and the batches."""

    topics: tuple[str, ...]
    format: Format = "event"
    dead_letter_topic: str | None = None
    batch_size: int = 10_000  # records in a window at most
    batch_wait: float = 0.05  # seconds to wait for more records


class TopicConsumer:
    """A member of a group that consumes topics. It belongs to the event loop that creates it.

    Raises ConfigurationError for properties that the client does not take.
    """

    def __init__(
        self,
        configuration: ClientConfiguration,
        options: ConsumerOptions,
        ingest: Ingest,
        blocklist: Container[Identifier],
        metrics: KafkaMetrics,
    ) -> None:
        self._options = options
        self._blocklist = blocklist
        self._metrics = metrics
        topic = options.dead_letter_topic
        dead_letters = DeadLetterWriter(configuration, topic) if topic else None
        self._offsets = Offsets(dead_letters, metrics)
        self._buffer = Buffer(options.batch_size)
        self._storage = Storage(ingest, self._buffer, self._offsets, metrics)
        listener = Rebalancing(self._buffer, self._storage, self._offsets, dead_letters, metrics)
        self._member = GroupMember(configuration, options.topics, listener)
        self._stored: asyncio.Queue[None] = asyncio.Queue(1)
        self._active_at = time.monotonic()
        self._is_paused = False
        self.is_connected = False
        metrics.initialise(options.topics)

    @property
    def is_alive(self) -> bool:
        """Whether the consumer still polls, or waits for topics."""
        return time.monotonic() - self._active_at < MAX_SILENCE_SECONDS

    async def run(self, stopping: asyncio.Event) -> None:
        """Consumes until `stopping` is set. Then it finishes what is in flight, and commits.

        Raises RecordRejected, after the commit of all that is stored, and FatalKafkaError.
        """
        running = (self._consume, self._store, self._commit, self._watch)
        tasks = [asyncio.create_task(run()) for run in (stopping.wait, *running)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._stop(tasks)

    async def _stop(self, tasks: Sequence[asyncio.Task[object]]) -> None:
        stop, consuming, storing, *others = tasks
        for task in (stop, consuming, *others):
            task.cancel()
        await self._storage.drain(self._member.assignment.partitions)
        storing.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._member.leave()  # commits

    async def _consume(self) -> None:
        await self._wait_for_topics()
        await self._member.join()
        while True:
            self._active_at = time.monotonic()
            if self._storage.outage.is_ongoing or not await self._has_room():
                await self._set_paused(is_paused=True)
                await self._poll(1, 0.0)
            else:
                await self._set_paused(is_paused=False)
                count = min(self._buffer.room, POLL_RECORDS)
                await self._poll(count, self._options.batch_wait)

    async def _has_room(self) -> bool:
        # Only a longer wait is worth a pause: the client fetches what it had in memory again.
        seconds = 0.0 if self._is_paused else MAX_FULL_SECONDS
        return self._buffer.room > 0 or await self._buffer.wait_for_room(seconds)

    async def _poll(self, count: int, wait: float) -> None:
        messages = await self._member.poll(count, FIRST_RECORD_TIMEOUT_SECONDS, wait)
        for number, message in enumerate(messages, 1):
            self._add(message)
            if number % RECORDS_PER_SLICE == 0:
                await asyncio.sleep(0)

    def _add(self, message: Message) -> None:
        offset, error = message.offset() or 0, message.error()
        partition = self._member.assignment.get(message.topic() or "", message.partition() or 0)
        if error and error.code() != KafkaError._PARTITION_EOF:
            self._member.note_error(error)
        elif partition is None or (partition.position is not None and offset < partition.position):
            return  # revoked meanwhile
        elif not error:
            received = records.parse(partition, message, self._options.format, self._blocklist)
            self._buffer.add(received)
        elif offset not in (partition.position, partition.committed):
            # The markers of transactions have offsets, too: without them, lag would remain.
            self._buffer.advance(partition, offset)

    async def _set_paused(self, *, is_paused: bool) -> None:
        if is_paused:
            await self._member.pause()  # also those that are newly assigned
        elif self._is_paused:
            await self._member.resume()
        if is_paused != self._is_paused:
            self._is_paused = is_paused
            self._metrics.set_paused(is_paused=is_paused)
            if is_paused:
                log.warning("kafka_partitions_paused")
            else:
                log.info("kafka_partitions_resumed")

    async def _store(self) -> None:
        while True:
            await self._storage.store_next()
            await self._stored.put(None)

    async def _commit(self) -> None:
        while True:
            await self._stored.get()
            while self._offsets.pending:
                try:
                    await self._member.call(self._offsets.commit, self._member.client)
                except KafkaException:  # the log has it
                    await asyncio.sleep(COMMIT_RETRY_SECONDS)

    async def _watch(self) -> None:
        while True:
            self.is_connected = await self._member.is_connected()
            self._metrics.set_up(is_up=self.is_connected)
            await self._member.call(lag.measure, self._member, self._metrics)
            await asyncio.sleep(CHECK_INTERVAL_SECONDS)

    async def _wait_for_topics(self) -> None:
        dead_letter_topic = self._options.dead_letter_topic
        topics = [*self._options.topics, *([dead_letter_topic] if dead_letter_topic else [])]
        reported: list[str] = []
        while True:
            self._active_at = time.monotonic()
            try:
                missing = await self._member.missing(topics)
            except KafkaException as error:
                self._member.note_error(error.args[0])
            else:
                if not missing:
                    return
                if missing != reported:
                    log.error("kafka_topics_missing", topics=missing)
                reported = missing
            await asyncio.sleep(1.0)
