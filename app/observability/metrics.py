"""Figures: what the service counts and measures, as Prometheus knows it."""

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

from app.observability import process_slots

# The variable in which the client looks for the directory that processes share.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE = exposition.CONTENT_TYPE_PLAIN_0_0_4

# The client has one way of keeping values for a whole process, and would ask the environment.
values.ValueClass = values.MutexValue

_REASONS = ("connection", "deadlock", "race", "transient")
_RESOLVED = ("new", "customer", "email", "phone", "externalId")
_REFUSED = ("invalid_payload", "idempotency_conflict", "unavailable", "internal")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_EVENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Figures:
    """Counts and measures, in few series whatever callers send.

    With a `directory`, which must be the environment's, the figures are those of all processes
    that share it: each keeps its part in files there, and one that follows a dead one goes on
    with its part. Without, they are those of this object.
    """

    def __init__(self, directory: str | None = None) -> None:
        self._directory = directory
        self._registry = CollectorRegistry()
        if directory:
            values.ValueClass = _in_files(directory)
        disable_created_metrics()  # a second series beside each, which nobody reads
        own: dict[str, Any] = {"namespace": "waypath", "registry": self._registry}
        counter, gauge = partial(Counter, **own), partial(Gauge, **own)
        sizes, seconds = (partial(Histogram, buckets=each, **own) for each in (_EVENTS, _SECONDS))

        requests = counter("requests", "Requests answered", ["route", "status"])
        durations = seconds("request_duration_seconds", "How long they took", ["route"])
        events = counter("events", "Events answered", ["outcome", "resolved"])
        retries = counter("retries", "Statements run again", ["reason"])
        # To find the series of labels costs more than to count in it.
        self._requests, self._durations = cache(requests.labels), cache(durations.labels)
        self._events, self._retries = cache(events.labels), cache(retries.labels)
        self._commit_sizes = sizes("commit_events", "Events that shared a commit")
        self._commits = seconds("commit_duration_seconds", "How long commits took")
        self._conflicts = counter("identity_conflicts", "Keys that identified another Customer")
        self._limited = counter("rate_limited", "Calls beyond the limit of their key")
        self._shed = counter("shed_requests", "Requests rejected at once because of overload")
        unfinished = "Erasures that are not finished, when they were last looked for"
        self._erasures = gauge("erasures_unfinished", unfinished, multiprocess_mode="livemax")
        queued, up = "Events that wait for a commit", "Whether every worker has its database"
        away = "Whether a worker cannot use the storage of the rate limit"
        self._queue = gauge("queue_events", queued, multiprocess_mode="livesum")
        self._database = gauge("database_up", up, multiprocess_mode="livemin")
        self._storage_away = gauge("rate_limit_storage_away", away, multiprocess_mode="livemax")
        self._begin()

    def _begin(self) -> None:
        # A rate sees no growth in what was not there before.
        for reason in _REASONS:
            self._retries(reason)
        for outcome in _REFUSED:
            self._events(outcome, "")
        for resolved in _RESOLVED:
            self._events("stored", resolved)
            self._events("replayed", resolved)
        # Where a dead process's may stand.
        self._queue.set(0)
        self._erasures.set(0)
        self._database.set(0)
        self._storage_away.set(0)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request was answered, on a route given by its template."""
        self._requests(route, status).inc()
        self._durations(route).observe(seconds)

    def became(self, events: Mapping[tuple[str, str], int]) -> None:
        """So many events had an outcome, and were resolved by what; by nothing where refused."""
        for labels, count in events.items():
            self._events(*labels).inc(count)

    def committed(self, events: int, seconds: float) -> None:
        """A commit was made."""
        self._commit_sizes.observe(events)
        self._commits.observe(seconds)

    def disputed(self, keys: int) -> None:
        """So many keys of events that are stored now identified another Customer than theirs."""
        self._conflicts.inc(keys)

    def queued(self, events: int) -> None:
        """So many events wait now."""
        self._queue.set(events)

    def retried(self, reason: str) -> None:
        """A statement is run again."""
        self._retries(reason).inc()

    def limited(self) -> None:
        """A call was refused for the limit of its key."""
        self._limited.inc()

    def shed(self) -> None:
        """A request was rejected at once because of overload."""
        self._shed.inc()

    def storage_away(self, *, is_away: bool) -> None:
        """The storage of the rate limit was looked at."""
        self._storage_away.set(is_away)

    def database(self, *, is_up: bool) -> None:
        """The database was looked at."""
        self._database.set(is_up)

    def erasures(self, unfinished: int) -> None:
        """So many erasures are not finished."""
        self._erasures.set(unfinished)

    def text(self) -> bytes:
        """All figures, in Prometheus's text format."""
        if self._directory is None:
            return exposition.generate_latest(self._registry)
        # A dead process has counted what it has counted, but nothing waits in it any more.
        process_slots.clear(self._directory, partial(mark_process_dead, path=self._directory))
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody, self._directory)
        return exposition.generate_latest(everybody)


def _in_files(directory: str) -> Any:
    seat = process_slots.take(directory)
    return values.MultiProcessValue(lambda: seat)
