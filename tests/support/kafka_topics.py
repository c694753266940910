"""Topics of a test's own, on a broker of the tests."""

import json

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from tests.support.server import wait_for

QUIET = {"log_level": 0}


class Topics:
    """Creates topics, produces to them, and reads them, on the broker at an address."""

    def __init__(self, bootstrap, **properties):
        self._properties = {"bootstrap.servers": bootstrap, **QUIET, **properties}
        self.admin = AdminClient(self._properties)
        self._failures = []
        self._producer = Producer({**self._properties, "linger.ms": 5})

    def create(self, name, partitions=1, **config):
        """Creates a topic, and returns its name once the broker knows it."""
        new = NewTopic(name, partitions, 1, config=config)
        self.admin.create_topics([new])[name].result(30)
        wait_for(lambda: self._has(name, partitions))
        return name

    def produce(self, topic, values, key=None, partition=-1, headers=None, flush=True):
        """Produces records: bytes or None as they are, everything else as JSON."""
        for value in values:
            content = value if isinstance(value, bytes | None) else json.dumps(value).encode()
            self._producer.poll(0)
            self._producer.produce(
                topic,
                content,
                key,
                partition,
                on_delivery=self._note,
                headers=headers,
            )
        if flush:
            self.flush()

    def flush(self):
        """Waits until the broker has every record."""
        self._producer.flush(60)
        assert not self._failures, self._failures[:3]

    def _note(self, error, _):
        if error:
            self._failures.append(error)

    def read(self, topic, **properties):
        """All committed records of a topic."""
        consumer = Consumer(
            {
                **self._properties,
                "group.id": "reader",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                **properties,
            }
        )
        partitions = self.admin.list_topics(topic, 30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        records, open_partitions = [], set(partitions)
        while open_partitions:
            message = consumer.poll(30)
            assert message is not None, "no record and no end of the topic"
            if message.error():
                open_partitions.discard(message.partition())
            else:
                records.append(message)
        consumer.close()
        return records

    def ends(self, topic):
        """The offsets after the last record, by topic and partition; none of an empty one."""
        consumer = Consumer({**self._properties, "group.id": "reader"})
        ends = {}
        for number in self.admin.list_topics(topic, 30).topics[topic].partitions:
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), 30)
            ends[topic, number] = end
        consumer.close()
        return {partition: end for partition, end in ends.items() if end}

    def committed(self, group):
        """The committed offsets of a group, by topic and partition; none of an unread one."""
        # The client for administration crashes if the broker has not loaded the group yet.
        consumer = Consumer({**self._properties, "group.id": group})
        topics = self.admin.list_topics(timeout=30).topics.items()
        partitions = [TopicPartition(name, n) for name, own in topics for n in own.partitions]
        found = consumer.committed(partitions, 30)
        consumer.close()
        return {(own.topic, own.partition): own.offset for own in found if own.offset >= 0}

    def _has(self, name, partitions):
        topics = self.admin.list_topics(timeout=30).topics
        return name in topics and len(topics[name].partitions) == partitions
