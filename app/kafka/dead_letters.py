"""Dead letters: rejected records, written in one transaction with the offset of their partition."""

import contextlib
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from msgspec import Struct

from app.errors import FieldError, ServiceError
from app.kafka.assignment import Partition
from app.kafka.configuration import LOGGING, ClientConfiguration
from app.kafka.records import ReceivedRecord

HEADER_PREFIX = "waypath.errors."
TRANSACTIONAL_ID_PREFIX = "waypath-"
TIMEOUT_SECONDS = 15.0
MAX_DETAILS = 50
MAX_PRODUCERS = 16  # each has threads and connections

# No retry can write such a record.
_HOPELESS = (
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.RECORD_LIST_TOO_LARGE,
    KafkaError.INVALID_RECORD,
    KafkaError.INVALID_MSG_SIZE,
)

Rejection = tuple[ReceivedRecord, ServiceError]
Headers = list[tuple[str, bytes | str | None]]

log = structlog.get_logger()


class _Error(Struct, frozen=True):
    """The error in a header, in the form of the HTTP API."""

    code: str
    message: str
    details: list[FieldError]


class DeadLetterRejected(Exception):
    """The dead-letter topic cannot take a record. `rejection` is the record, the message why."""

    def __init__(self, rejection: Rejection, reason: str) -> None:
        super().__init__(reason)
        self.rejection = rejection


class DeadLetterWriter:
    """Writes dead letters. Its calls belong to the thread of the consumer.

    Each partition has a transactional ID. Its next owner ends an open transaction of the last one.
    """

    def __init__(self, configuration: ClientConfiguration, topic: str) -> None:
        self.topic = topic
        self._configuration = configuration
        self._producers: dict[tuple[str, int], Producer] = {}
        self._uncertain: set[Partition] = set()

    def write(
        self, consumer: Consumer, partition: Partition, rejections: Sequence[Rejection], offset: int
    ) -> None:
        """Writes the rejections of a partition, and commits an offset of it in the transaction.

        Raises KafkaException; a retry writes nothing twice. Raises DeadLetterRejected.
        """
        if partition in self._uncertain and self._is_committed(consumer, partition, offset):
            self._uncertain.discard(partition)
            return
        self._uncertain.add(partition)
        producer = self._producer(partition)
        failures: list[tuple[Rejection, KafkaError]] = []
        try:
            producer.begin_transaction()
            for rejection in rejections:
                self._produce(producer, rejection, failures)
            producer.flush(TIMEOUT_SECONDS)
            if failures:
                raise KafkaException(failures[0][1])
            metadata = consumer.consumer_group_metadata()
            producer.send_offsets_to_transaction([partition.at(offset)], metadata, TIMEOUT_SECONDS)
            producer.commit_transaction(TIMEOUT_SECONDS)
        except (KafkaException, BufferError) as error:
            self._abort(partition, producer)
            for rejection, reason in failures:
                if reason.code() in _HOPELESS:
                    raise DeadLetterRejected(rejection, reason.str()) from error
            if isinstance(error, BufferError):
                raise KafkaException(KafkaError(KafkaError._QUEUE_FULL)) from error
            raise
        self._uncertain.discard(partition)

    def fence(self, partition: Partition) -> None:
        """Aborts an open transaction of the last owner of a partition. Raises KafkaException."""
        self._producer(partition)

    def close(self, partitions: Sequence[Partition]) -> None:
        """Closes what belongs to partitions that are no longer assigned."""
        for partition in partitions:
            self._uncertain.discard(partition)
            self._discard(partition.topic, partition.number)

    def _producer(self, partition: Partition) -> Producer:
        key = (partition.topic, partition.number)
        if key not in self._producers:
            if len(self._producers) >= MAX_PRODUCERS:
                self._discard(*next(iter(self._producers)))
            group = self._configuration.group
            transactional_id = f"{TRANSACTIONAL_ID_PREFIX}{group}-{key[0]}-{key[1]}"
            producer = Producer({**LOGGING, **self._configuration.producer(transactional_id)})
            try:
                producer.init_transactions(TIMEOUT_SECONDS)
            except KafkaException:
                producer.close()
                raise
            self._producers[key] = producer
        return self._producers[key]

    def _produce(
        self,
        producer: Producer,
        rejection: Rejection,
        failures: list[tuple[Rejection, KafkaError]],
    ) -> None:
        def note(error: KafkaError | None, _: Any) -> None:
            if error:
                failures.append((rejection, error))

        received, error = rejection
        try:
            producer.produce(
                self.topic,
                received.message.value(),
                received.message.key(),
                headers=_headers(received, error),
                on_delivery=note,
            )
        except KafkaException as failure:
            failures.append((rejection, failure.args[0]))
            raise

    def _abort(self, partition: Partition, producer: Producer) -> None:
        try:
            producer.abort_transaction(TIMEOUT_SECONDS)
        except KafkaException:
            # Of a new producer, the initialisation ends the transaction.
            self._discard(partition.topic, partition.number)
        else:
            self._uncertain.discard(partition)

    def _discard(self, topic: str, number: int) -> None:
        if producer := self._producers.pop((topic, number), None):
            with contextlib.suppress(KafkaException, RuntimeError):
                producer.purge()
                producer.close()

    def _is_committed(self, consumer: Consumer, partition: Partition, offset: int) -> bool:
        """Whether a transaction of unknown outcome was committed after all."""
        self._producer(partition)  # its initialisation ends the transaction
        (committed,) = consumer.committed([partition.plain], TIMEOUT_SECONDS)
        if committed.error:
            raise KafkaException(committed.error)
        return committed.offset >= offset


def _headers(received: ReceivedRecord, error: ServiceError) -> Headers:
    """The headers of a record, with those of its error."""
    copied = [
        (name, value)
        for name, value in received.message.headers() or []
        if not name.startswith(HEADER_PREFIX)
    ]
    described = _Error(error.code, error.message, error.details[:MAX_DETAILS])
    own: Headers = [
        (f"{HEADER_PREFIX}topic", received.partition.topic),
        (f"{HEADER_PREFIX}partition", str(received.partition.number)),
        (f"{HEADER_PREFIX}offset", str(received.offset)),
        (f"{HEADER_PREFIX}code", error.code),
        (f"{HEADER_PREFIX}error", msgspec.json.encode(described)),
    ]
    return [*copied, *own]
