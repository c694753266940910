"""Offsets: committed after the events of a window are stored, with its dead letters."""

import time
from collections import deque
from collections.abc import Sequence

import structlog
from confluent_kafka import Consumer, KafkaException
from msgspec import Struct

from app.kafka.assignment import Partition
from app.kafka.dead_letters import DeadLetterRejected, DeadLetterWriter, Rejection
from app.observability.kafka_metrics import KafkaMetrics

log = structlog.get_logger()


class RecordRejected(Exception):
    """A record was rejected, and there is no dead letter of it: the consumer stops."""

    def __init__(self, rejection: Rejection, reason: str) -> None:
        received, error = rejection
        details = [f"{detail.path or 'the event'}: {detail.message}" for detail in error.details]
        described = "; ".join([f"{error.code}: {error.message}", *details[:5]])
        super().__init__(
            f"topic {received.partition.topic}, partition {received.partition.number}, "
            f"offset {received.offset}: {described} ({reason})"
        )


class Outcome(Struct):
    """The outcome of a window: offsets to commit, and rejections, by partition."""

    positions: dict[Partition, int]
    rejections: dict[Partition, list[Rejection]]


class Offsets:
    """Outcomes of windows that are not committed yet. It belongs to the thread of the client."""

    def __init__(self, dead_letters: DeadLetterWriter | None, metrics: KafkaMetrics) -> None:
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._outcomes: deque[Outcome] = deque()

    @property
    def pending(self) -> int:
        """The number of outcomes that are not committed yet."""
        return len(self._outcomes)

    def add(self, outcome: Outcome) -> None:
        """Adds the outcome of the next window."""
        self._outcomes.append(outcome)

    def commit(self, client: Consumer) -> None:
        """Commits all outcomes in order, without partitions that are not assigned any more.

        Raises KafkaException; the next call continues. Raises RecordRejected after the commit of
        all that is stored.
        """
        while self._outcomes:
            began = time.perf_counter()
            try:
                self._commit(client, self._outcomes[0])
            except KafkaException as error:
                self._metrics.count_failed_commit()
                log.warning("kafka_commit_failed", error=error.args[0].str())
                raise
            self._outcomes.popleft()
            self._metrics.observe_commit(time.perf_counter() - began)

    def _commit(self, client: Consumer, outcome: Outcome) -> None:
        stopped_by = None
        for partition, rejections in [*outcome.rejections.items()]:
            try:
                self._reject(client, outcome, partition, rejections)
            except RecordRejected as error:
                stopped_by = stopped_by or error
        offsets = [
            partition.at(offset)
            for partition, offset in outcome.positions.items()
            if partition.is_assigned and partition.committed != offset
        ]
        if offsets:
            for committed in client.commit(offsets=offsets, asynchronous=False):
                if committed.error:
                    raise KafkaException(committed.error)
        for partition, offset in outcome.positions.items():
            partition.committed = offset
        if stopped_by:
            raise stopped_by

    def _reject(
        self,
        client: Consumer,
        outcome: Outcome,
        partition: Partition,
        rejections: Sequence[Rejection],
    ) -> None:
        if not partition.is_assigned:
            del outcome.rejections[partition]
            return
        if self._dead_letters is None:
            self._stop_at(outcome, partition, rejections[0])
            raise RecordRejected(rejections[0], "set --dead-letter-topic to continue after it")
        try:
            offset = outcome.positions[partition]
            self._dead_letters.write(client, partition, rejections, offset)
        except DeadLetterRejected as error:
            self._stop_at(outcome, partition, rejections[0])
            reason = f"{self._dead_letters.topic} does not take its dead letter: {error}"
            raise RecordRejected(error.rejection, reason) from error
        self._metrics.count_dead_letters(partition.topic, len(rejections))
        partition.committed = outcome.positions.pop(partition)
        del outcome.rejections[partition]

    @staticmethod
    def _stop_at(outcome: Outcome, partition: Partition, first: Rejection) -> None:
        """Leaves the first rejection, and all after it, to the next start."""
        outcome.positions[partition] = first[0].offset
