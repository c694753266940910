"""Rebalances of the group: nothing is lost, and nothing is repeated, when partitions move."""

import asyncio

import structlog
from confluent_kafka import Consumer, KafkaException

from app.kafka.assignment import Partition
from app.kafka.buffer import Buffer
from app.kafka.dead_letters import DeadLetterWriter
from app.kafka.offsets import Offsets, RecordRejected
from app.kafka.storage import Storage
from app.observability.kafka_metrics import KafkaMetrics

COMMITTED_TIMEOUT_SECONDS = 2.0

log = structlog.get_logger()


class Rebalancing:
    """Begins and ends the work on partitions. Its methods run in the thread of the client."""

    def __init__(
        self,
        buffer: Buffer,
        storage: Storage,
        offsets: Offsets,
        dead_letters: DeadLetterWriter | None,
        metrics: KafkaMetrics,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = buffer
        self._storage = storage
        self._offsets = offsets
        self._dead_letters = dead_letters
        self._metrics = metrics

    def on_assigned(self, client: Consumer, partitions: list[Partition]) -> None:
        """Reads the committed offsets of new partitions.

        If they cannot be read, the last owner was probably killed in a transaction. It is aborted
        now, which would happen after its timeout otherwise.
        """
        if not partitions:
            return
        try:
            found = client.committed([own.plain for own in partitions], COMMITTED_TIMEOUT_SECONDS)
            are_stable = not any(committed.error for committed in found)
            for partition, committed in zip(partitions, found, strict=True):
                partition.committed = committed.offset if committed.offset >= 0 else None
        except KafkaException:
            are_stable = False
        if self._dead_letters and not are_stable:
            for partition in partitions:
                self._fence(self._dead_letters, partition)

    def on_revoked(self, client: Consumer, partitions: list[Partition]) -> None:
        """Waits until the records in flight are stored, and commits their offsets."""
        asyncio.run_coroutine_threadsafe(self._storage.drain(partitions), self._loop).result()
        try:
            self._offsets.commit(client)
        except KafkaException:
            pass  # the log has it; the next owner repeats what is not committed
        except RecordRejected:
            pass  # the next owner stops at it
        self._end(partitions)

    def on_lost(self, partitions: list[Partition]) -> None:
        """Forgets the records in memory: another member may already store them."""
        self._loop.call_soon_threadsafe(self._buffer.drop, partitions)
        self._end(partitions)

    def _end(self, partitions: list[Partition]) -> None:
        if self._dead_letters:
            self._dead_letters.close(partitions)
        for partition in partitions:
            self._metrics.remove_lag(partition.topic, partition.number)

    @staticmethod
    def _fence(dead_letters: DeadLetterWriter, partition: Partition) -> None:
        try:
            dead_letters.fence(partition)
        except KafkaException as error:
            reason = error.args[0].str()
            log.warning("kafka_fence_failed", partition=str(partition), error=reason)
