"""The metrics of a consumer of Kafka topics, in addition to those of every process."""

import contextlib

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from app.observability import labels


class KafkaMetrics:
    """Counters, gauges and a histogram. Topics and partitions are those of the command."""

    def __init__(self, registry: CollectorRegistry) -> None:
        own = {"namespace": "waypath_kafka", "registry": registry}
        self._records = Counter("records", "Records that are stored or rejected", ["topic"], **own)
        self._rejected = Counter("rejected_records", "Rejected records", ["topic"], **own)
        self._dead_letters = Counter("dead_letters", "Dead letters written", ["topic"], **own)
        self._lag = Gauge(
            "lag_records",
            "Records of a partition after its last committed offset",
            ["topic", "partition"],
            **own,
        )
        self._commits = Histogram(
            "commit_duration_seconds",
            "Duration of offset commits in seconds, including dead letters",
            buckets=labels.SECONDS_BUCKETS,
            **own,
        )
        self._failed_commits = Counter(
            "failed_commits", "Failed offset commits, which are retried", **own
        )
        self._up = Gauge("up", "1 if the consumer can reach the brokers, otherwise 0", **own)
        self._paused = Gauge(
            "paused", "1 while partitions are paused because Neo4j cannot store more", **own
        )
        self._partitions = Gauge("partitions", "Partitions assigned to this consumer", **own)

    def initialise(self, topics: tuple[str, ...]) -> None:
        """Creates the series of topics: a rate ignores the first value of a new series."""
        for topic in topics:
            for counter in (self._records, self._rejected, self._dead_letters):
                counter.labels(topic)

    def count_records(self, topic: str, records: int, rejected: int) -> None:
        """Counts records that are stored or rejected, and how many of them are rejected."""
        self._records.labels(topic).inc(records)
        self._rejected.labels(topic).inc(rejected)

    def count_dead_letters(self, topic: str, records: int) -> None:
        """Counts dead letters whose transaction is committed."""
        self._dead_letters.labels(topic).inc(records)

    def set_lag(self, topic: str, partition: int, records: int) -> None:
        """Sets the lag of an assigned partition."""
        self._lag.labels(topic, partition).set(records)

    def remove_lag(self, topic: str, partition: int) -> None:
        """Removes the lag of a partition that is no longer assigned."""
        with contextlib.suppress(KeyError):
            self._lag.remove(topic, partition)

    def observe_commit(self, seconds: float) -> None:
        """Measures an offset commit."""
        self._commits.observe(seconds)

    def count_failed_commit(self) -> None:
        """Counts an offset commit that failed."""
        self._failed_commits.inc()

    def set_up(self, *, is_up: bool) -> None:
        """Sets whether the brokers can be reached."""
        self._up.set(is_up)

    def set_paused(self, *, is_paused: bool) -> None:
        """Sets whether partitions are paused."""
        self._paused.set(is_paused)

    def set_partitions(self, count: int) -> None:
        """Sets the number of assigned partitions."""
        self._partitions.set(count)
