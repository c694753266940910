"""The metrics of the suppression list, as each process knows it."""

from functools import partial
from typing import Any

from prometheus_client import Gauge


class SuppressionMetrics:
    """Gauges, with the namespace and the registry in `own`."""

    def __init__(self, own: dict[str, Any]) -> None:
        gauge = partial(Gauge, multiprocess_mode="livemax", **own)
        self._identifiers = gauge("suppressed_identifiers", "Identifiers on the suppression list")
        self._missing = gauge(
            "suppression_secrets_missing", "Secrets of the suppression list that a worker lacks"
        )
        # The files may hold the values of a dead process.
        self.set_state(0, 0)

    def set_state(self, identifiers: int, missing: int) -> None:
        """Sets the number of suppressed identifiers, and of secrets that this process lacks."""
        self._identifiers.set(identifiers)
        self._missing.set(missing)
