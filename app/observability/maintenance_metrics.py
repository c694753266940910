"""The metrics of erasures, the retention and the suppression list."""

from functools import partial
from typing import Any

from prometheus_client import Counter, Gauge


class MaintenanceMetrics:
    """A counter and gauges, with the namespace and the registry in `own`."""

    def __init__(self, own: dict[str, Any]) -> None:
        gauge = partial(Gauge, multiprocess_mode="livemax", **own)
        self._erasures = gauge("erasures_pending", "Unfinished erasures at the last check")
        self._pruned = Counter(
            "pruned_touchpoints", "Touchpoints deleted because of the retention", **own
        )
        self._overdue = gauge(
            "retention_overdue_seconds",
            "Time by which the oldest Touchpoint has exceeded the retention",
        )
        self._suppressed = gauge("suppressed_identifiers", "Identifiers on the suppression list")
        self._missing_secrets = gauge(
            "suppression_secrets_missing", "Secrets of the suppression list that a worker lacks"
        )
        # The files may hold the values of a dead process.
        self._erasures.set(0)
        self._overdue.set(0)
        self.set_suppressions(0, 0)

    def set_erasures_pending(self, count: int) -> None:
        """Sets the number of unfinished erasures."""
        self._erasures.set(count)

    def count_pruned_touchpoints(self, count: int) -> None:
        """Counts Touchpoints that were deleted because of the retention."""
        self._pruned.inc(count)

    def set_retention_overdue(self, seconds: int) -> None:
        """Sets the time by which the oldest Touchpoint has exceeded the retention, or 0."""
        self._overdue.set(seconds)

    def set_suppressions(self, identifiers: int, missing_secrets: int) -> None:
        """Sets the number of suppressed identifiers, and of secrets that this process lacks."""
        self._suppressed.set(identifiers)
        self._missing_secrets.set(missing_secrets)
