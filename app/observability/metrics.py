"""Metrics in Prometheus's text format, of one process or of all processes of a service."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    exposition,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.observability import labels, process_slots
from app.observability.maintenance_metrics import MaintenanceMetrics
from app.observability.webhook_metrics import WebhookMetrics

# The environment variable with the directory that the processes of a service share.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE = exposition.CONTENT_TYPE_PLAIN_0_0_4

# The client stores the values of a process in one way, by default the environment's choice.
values.ValueClass = values.MutexValue


class Metrics:
    """Counters, gauges and histograms. Clients cannot increase the number of series.

    With a `directory` (the one in the environment), the metrics cover all processes that share it.
    Each process writes its part to files there. Its successor continues that part.
    """

    def __init__(self, directory: str | None = None) -> None:
        self._directory = directory
        self.registry = CollectorRegistry()
        if directory:
            values.ValueClass = _values_in_files(directory)
        disable_created_metrics()  # these would double the number of series
        own: dict[str, Any] = {"namespace": "waypath", "registry": self.registry}
        self._register_requests(own)
        self._register_ingest(own)
        self._register_dependencies(own)
        self.maintenance = MaintenanceMetrics(own)
        self.webhooks = WebhookMetrics(own)
        self._initialise()

    def _register_requests(self, own: dict[str, Any]) -> None:
        requests = Counter(
            "http_requests",
            "HTTP requests, by method, route template and response status",
            ["method", "route", "status"],
            **own,
        )
        durations = Histogram(
            "http_request_duration_seconds",
            "Duration of HTTP requests in seconds, by method and route template",
            ["method", "route"],
            buckets=labels.SECONDS_BUCKETS,
            **own,
        )

        def series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
            return requests.labels(method, route, status), durations.labels(method, route)

        # Cached: the search for a series by its labels costs more than the count.
        self._request_series = cache(series)
        self._rate_limited = Counter(
            "rate_limited_requests", "Requests rejected because of the API key's rate limit", **own
        )

    def _register_ingest(self, own: dict[str, Any]) -> None:
        events = Counter(
            "events",
            "Events received, by outcome and by the identifier that resolved them",
            ["outcome", "resolved_by"],
            **own,
        )
        self._event_series = cache(events.labels)
        rejections = Counter(
            "rejected_events", "Rejected events, by error code and field", ["code", "field"], **own
        )
        self._rejection_series = cache(rejections.labels)
        self._conflicts = Counter(
            "identity_conflicts",
            "Identifiers of stored events that identify another Customer",
            **own,
        )
        self._commit_sizes = Histogram(
            "commit_size_events", "Events per commit", buckets=labels.EVENTS_BUCKETS, **own
        )
        self._commit_durations = Histogram(
            "commit_duration_seconds",
            "Duration of commits in seconds, including retries",
            buckets=labels.SECONDS_BUCKETS,
            **own,
        )
        queue = partial(Gauge, multiprocess_mode="livesum", **own)
        self._queue = queue("ingest_queue_events", "Events in the write queue")
        self._shed = Counter(
            "ingest_requests_shed", "Write requests rejected at once because of overload", **own
        )

    def _register_dependencies(self, own: dict[str, Any]) -> None:
        retries = Counter(
            "statement_retries", "Retries of Cypher statements, by reason", ["reason"], **own
        )
        self._retry_series = cache(retries.labels)
        gauge = partial(Gauge, multiprocess_mode="livemin", **own)
        usable = "1 if every worker can use the database, otherwise 0"
        self._database_up = gauge("database_up", usable)
        usable = "0 if a worker cannot use the shared storage of the rate limit, otherwise 1"
        self._rate_limit_storage_up = gauge("rate_limit_storage_up", usable)

    def _initialise(self) -> None:
        # A rate ignores the first value of a new series, so each one starts at 0.
        for reason in labels.RETRY_REASONS:
            self._retry_series(reason)
        for outcome in labels.REJECTED:
            self._event_series(outcome, "")
        for rejection in labels.REJECTIONS:
            self._rejection_series(*rejection)
        for resolved_by in labels.RESOLVED_BY:
            self._event_series("stored", resolved_by)
            self._event_series("replayed", resolved_by)
        # The files may hold the values of a dead process.
        self._queue.set(0)
        self._database_up.set(0)
        self._rate_limit_storage_up.set(1)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts and measures an HTTP request. `route` is its template, `status` 499 if aborted."""
        requests, durations = self._request_series(labels.method(method), route, status)
        requests.inc()
        durations.observe(seconds)

    def count_events(self, events: Mapping[tuple[str, str], int]) -> None:
        """Counts events: a number for each outcome and `resolved_by`, "" for rejected events."""
        for series, count in events.items():
            self._event_series(*series).inc(count)

    def count_rejections(self, code: str, field: str, events: int) -> None:
        """Counts rejected events with an error of a field, "" for an error of the whole event."""
        self._rejection_series(*labels.rejection(code, field)).inc(events)

    def observe_commit(self, events: int, seconds: float) -> None:
        """Measures a commit: its number of events, and its duration in seconds."""
        self._commit_sizes.observe(events)
        self._commit_durations.observe(seconds)

    def count_conflicts(self, identifiers: int) -> None:
        """Counts identifiers of newly stored events that identify another Customer."""
        self._conflicts.inc(identifiers)

    def set_queue_depth(self, events: int) -> None:
        """Sets the number of events in the write queue of this process."""
        self._queue.set(events)

    def count_statement_retry(self, reason: str) -> None:
        """Counts a retry of a Cypher statement."""
        self._retry_series(reason).inc()

    def count_rate_limited(self) -> None:
        """Counts a request that was rejected because of the API key's rate limit."""
        self._rate_limited.inc()

    def count_request_shed(self) -> None:
        """Counts a write request that was rejected at once because of overload."""
        self._shed.inc()

    def set_rate_limit_storage_up(self, *, is_up: bool) -> None:
        """Sets whether this process can use the shared storage of the rate limit."""
        self._rate_limit_storage_up.set(is_up)

    def set_database_up(self, *, is_up: bool) -> None:
        """Sets whether this process can use the database."""
        self._database_up.set(is_up)

    def render(self) -> bytes:
        """All metrics, in Prometheus's text format."""
        if self._directory is None:
            return exposition.generate_latest(self.registry)
        # This removes the gauges of dead processes. Their counters stay.
        process_slots.reap(self._directory, partial(mark_process_dead, path=self._directory))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, self._directory)
        return exposition.generate_latest(registry)


def _values_in_files(directory: str) -> Any:
    slot = process_slots.acquire(directory)
    return values.MultiProcessValue(lambda: slot)
