"""The lag of this member: the records of its partitions that are not committed yet."""

from confluent_kafka import KafkaException

from app.kafka.assignment import Partition
from app.kafka.member import GroupMember
from app.observability.kafka_metrics import KafkaMetrics

TIMEOUT_SECONDS = 2.0


def measure(member: GroupMember, metrics: KafkaMetrics) -> None:
    """Measures the lag of each assigned partition. It belongs to the thread of the client."""
    partitions = member.assignment.partitions
    metrics.set_partitions(len(partitions))
    for partition in partitions:
        if (records := _lag(member, partition)) is not None:
            metrics.set_lag(partition.topic, partition.number, records)


def _lag(member: GroupMember, partition: Partition) -> int | None:
    """The lag of a partition; None while it is unknown."""
    try:
        # The client knows the end of a partition from its last fetch, and fetches no paused one.
        first, end = member.client.get_watermark_offsets(
            partition.plain, TIMEOUT_SECONDS, cached=not partition.is_paused
        )
    except KafkaException:
        return None
    if end < 0:
        return None
    begin = max(first, 0) if partition.committed is None else partition.committed
    return max(0, end - begin)
