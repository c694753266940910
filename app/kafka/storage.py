"""Storage: stores windows of records as events, one window after the other."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from app.bulk.writer import RecordSource, RecordWriter, RejectedRecords, ValidRecord
from app.ingest.events import Event
from app.ingest.observer import Sender
from app.ingest.service import Ingest
from app.kafka.assignment import Partition
from app.kafka.buffer import Buffer, Window
from app.kafka.dead_letters import Rejection
from app.kafka.offsets import Offsets, Outcome
from app.kafka.outage import Outage
from app.observability.kafka_metrics import KafkaMetrics

PRODUCER = "kafka"  # no API key has this ID
DRAIN_TIMEOUT_SECONDS = 10.0
OUTAGE_DRAIN_TIMEOUT_SECONDS = 0.5


class Storage:
    """Stores the windows of a buffer. Events that share an identifier are written in their order.

    While the database is unavailable, it repeats a window until it is stored or drained.
    """

    def __init__(
        self, ingest: Ingest, buffer: Buffer, offsets: Offsets, metrics: KafkaMetrics
    ) -> None:
        self.outage = Outage()
        source = RecordSource(Sender("kafka"), PRODUCER, self.outage.retry, isolates_errors=True)
        self._writer = RecordWriter(ingest, source)
        self._buffer = buffer
        self._offsets = offsets
        self._metrics = metrics
        self._window = Window([], {})
        self._storing: asyncio.Task[None] | None = None

    async def store_next(self) -> None:
        """Waits for the next window, stores it, and adds its outcome to the offsets."""
        self._window = await self._buffer.take()
        self._storing = asyncio.create_task(self._store(self._window))
        await asyncio.wait({self._storing})
        if self._storing.cancelled():  # drained
            self._buffer.put_back(self._window)
        else:
            self._storing.result()

    async def drain(self, partitions: Sequence[Partition]) -> None:
        """Ends the work on these partitions.

        Forgets the records that are not being stored yet. Waits for the others for 10 s at most,
        half a second while the database is unavailable: the next owner stores what remains.
        """
        self._buffer.drop(partitions)
        storing = self._storing
        if storing is None or not any(own in self._window.positions for own in partitions):
            return
        seconds = OUTAGE_DRAIN_TIMEOUT_SECONDS if self.outage.is_ongoing else DRAIN_TIMEOUT_SECONDS
        await asyncio.wait({storing}, timeout=seconds)
        if not storing.done():
            self._window = self._window.without(partitions)
            storing.cancel()
            await asyncio.wait({storing})

    async def _store(self, window: Window) -> None:
        valid: list[ValidRecord] = []
        invalid: RejectedRecords = []
        for received in window.records:
            record = received.record
            if isinstance(record.event, Event):
                valid.append((record, record.event))
            else:
                invalid.append((record, record.event))
        rejected = [*invalid, *await self._writer.write(valid)]
        self._writer.note_invalid(invalid)
        rejections = _by_partition(window, rejected)
        self._offsets.add(Outcome({**window.positions}, rejections))
        totals = Counter(received.partition.topic for received in window.records)
        rejected_totals = Counter[str]()
        for partition, own in rejections.items():
            rejected_totals[partition.topic] += len(own)
        for topic, total in totals.items():
            self._metrics.count_records(topic, total, rejected_totals[topic])


def _by_partition(window: Window, rejected: RejectedRecords) -> dict[Partition, list[Rejection]]:
    """The rejections of each partition, in the order of their offsets."""
    if not rejected:
        return {}
    errors = {id(record): error for record, error in rejected}
    rejections: dict[Partition, list[Rejection]] = {}
    for received in window.records:
        if error := errors.get(id(received.record)):
            rejections.setdefault(received.partition, []).append((received, error))
    return rejections
