"""The metrics of the deletions in the background: erasures and the retention."""

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
        # The files may hold the values of a dead process.
        self._erasures.set(0)
        self._overdue.set(0)

    def set_erasures_pending(self, count: int) -> None:
        """Sets the number of unfinished erasures."""
        self._erasures.set(count)

    def count_pruned_touchpoints(self, count: int) -> None:
        """Counts Touchpoints that were deleted because of the retention."""
        self._pruned.inc(count)

    def set_retention_overdue(self, seconds: int) -> None:
        """Sets the time by which the oldest Touchpoint has exceeded the retention, or 0."""
        self._overdue.set(seconds)
