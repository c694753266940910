"""The worker that deletes Touchpoints older than the retention, in the background."""

import time

import structlog

from app.errors import Unavailable
from app.graph.periodic import repeat
from app.retention.pruner import SETTING, Pruner

WATCH_INTERVAL_SECONDS = 15.0  # between two attempts of a process to begin
RUN_INTERVAL_SECONDS = 600.0  # between two complete runs of all processes

log = structlog.get_logger()


class RetentionWorker:
    """Deletes Touchpoints that occurred more than `days` days ago, until it is cancelled.

    Every process has one. Each run is by one of them; if that ends early, another one takes over.
    """

    def __init__(self, pruner: Pruner, days: int) -> None:
        self._pruner = pruner
        self._days = days

    async def watch(self, interval: float = WATCH_INTERVAL_SECONDS) -> None:
        """Attempts a run every `interval` seconds."""
        await repeat(self._run, interval, lambda: log.exception("retention_failed"))

    async def _run(self) -> None:
        began = time.monotonic()
        deleted = 0

        def report(total: int) -> None:
            nonlocal deleted
            deleted = total

        try:
            result = await self._pruner.prune(
                self._days, SETTING, report, interval=RUN_INTERVAL_SECONDS
            )
        except Unavailable as error:
            if deleted:
                log.warning("retention_interrupted", touchpoints=deleted, error=str(error))
            raise
        if result and not result.is_complete:
            log.warning(
                "retention_interrupted", touchpoints=deleted, error="another process took over"
            )
        elif result and result.touchpoints:
            log.info(
                "touchpoints_pruned",
                touchpoints=result.touchpoints,
                before=result.before,
                seconds=round(time.monotonic() - began, 3),
            )
