"""The partitions of this member of the group."""

from collections.abc import Iterable

from confluent_kafka import TopicPartition


class Partition:
    """A partition while it is assigned to this member. A later assignment is another object.

    `position` is the offset after the last record in memory, `stored` the one after the last stored
    record, `committed` the last committed offset. None: not known yet.
    """

    def __init__(self, topic: str, number: int) -> None:
        self.topic = topic
        self.number = number
        self.is_assigned = True
        self.is_paused = False
        self.position: int | None = None
        self.committed: int | None = None

    def at(self, offset: int) -> TopicPartition:
        """The partition with an offset, as the client takes it."""
        return TopicPartition(self.topic, self.number, offset)

    @property
    def plain(self) -> TopicPartition:
        """The partition without an offset."""
        return TopicPartition(self.topic, self.number)

    def __str__(self) -> str:
        return f"{self.topic}[{self.number}]"


class Assignment:
    """The assigned partitions, by topic and number. The client's thread changes it."""

    def __init__(self) -> None:
        self._partitions: dict[tuple[str, int], Partition] = {}

    @property
    def partitions(self) -> list[Partition]:
        """All assigned partitions."""
        return list(self._partitions.values())

    def get(self, topic: str, number: int) -> Partition | None:
        """The partition if it is assigned."""
        return self._partitions.get((topic, number))

    def find(self, plain: Iterable[TopicPartition]) -> list[Partition]:
        """The assigned ones of these partitions."""
        found = (self.get(partition.topic, partition.partition) for partition in plain)
        return [partition for partition in found if partition]

    def add(self, plain: Iterable[TopicPartition]) -> list[Partition]:
        """Adds newly assigned partitions."""
        added = [Partition(partition.topic, partition.partition) for partition in plain]
        for partition in added:
            self._partitions[partition.topic, partition.number] = partition
        return added

    def remove(self, partitions: Iterable[Partition]) -> None:
        """Removes partitions that are revoked or lost: no offset of them is committed any more."""
        for partition in partitions:
            partition.is_assigned = False
            self._partitions.pop((partition.topic, partition.number), None)
