"""The metrics of webhooks."""

from functools import partial
from typing import Any

from prometheus_client import Counter, Gauge


class WebhookMetrics:
    """A counter and a gauge, with the namespace and the registry in `own`."""

    def __init__(self, own: dict[str, Any]) -> None:
        attempts = Counter(
            "webhook_attempts", "Attempts to deliver a webhook, by outcome", ["outcome"], **own
        )
        # A rate ignores the first value of a new series, so each one starts at 0.
        self._delivered, self._failed = map(attempts.labels, ("delivered", "failed"))
        gauge = partial(Gauge, multiprocess_mode="livemax", **own)
        self._lag = gauge(
            "webhook_lag_seconds", "Time for which the oldest undelivered webhook has waited"
        )
        self._lag.set(0)  # the files may hold the value of a dead process

    def count_attempt(self, *, is_delivered: bool) -> None:
        """Counts an attempt to deliver a webhook."""
        (self._delivered if is_delivered else self._failed).inc()

    def set_lag(self, seconds: float) -> None:
        """Sets the time for which the oldest undelivered webhook has waited, or 0."""
        self._lag.set(seconds)
