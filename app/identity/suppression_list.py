"""The suppression list of a process: its copy of the keyed hashes in the graph."""

import asyncio
import math
import time

import structlog

from app.domain import suppression_secrets
from app.errors import Unavailable
from app.graph.graph import Graph
from app.graph.periodic import repeat
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.observability.metrics import Metrics

REFRESH_INTERVAL_SECONDS = 2.0
MAX_AGE_SECONDS = 5.0  # of a copy that events are checked against
MAX_PAGE_CHANGES = 20  # of at most 1,000 hashes each

INCOMPLETE = (
    "The service lacks a secret of the suppression list. "
    "Ask the operator to see suppression_secret_unknown in the log."
)

log = structlog.get_logger()


class SuppressionList:
    """Whether an identifier is suppressed, by a copy that is at most 5 s old.

    If the graph has a hash whose secret this process lacks, it does not know: it then rejects every
    event with Unavailable, so that no suppressed identifier is stored.
    """

    def __init__(
        self, graph: Graph, secret_file: SuppressionSecretFile, metrics: Metrics | None = None
    ) -> None:
        self._graph = graph
        self._metrics = (metrics or Metrics()).maintenance
        self._secret_file = secret_file
        self._digests: set[bytes] = set()
        self._secret_counts: dict[str, int] = {}  # of the hashes, by the ID of their secret
        self._unknown: set[str] = set()  # the IDs of secrets
        self._version = 0
        self._read_at = -math.inf  # on time.monotonic()
        self._refreshing: asyncio.Task[None] | None = None

    @property
    def is_current(self) -> bool:
        """Whether the copy is recent enough to check events."""
        return time.monotonic() - self._read_at < MAX_AGE_SECONDS

    @property
    def size(self) -> int:
        """The number of suppressed identifiers, as this process knows it."""
        return len(self._digests)

    @property
    def has_entries(self) -> bool:
        """Whether any identifier is suppressed. Raises Unavailable if a secret is missing."""
        if self._unknown:
            raise Unavailable(INCOMPLETE)
        return bool(self._digests)

    def __contains__(self, name: str) -> bool:
        """Whether an identifier, `kind:value` in its normalised form, is suppressed."""
        return any(secret.digest(name) in self._digests for secret in self._secret_file.secrets)

    async def refresh(self) -> None:
        """Reads what changed since the last time, once for all callers. Raises Unavailable."""
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add_done_callback(self._end)
        await asyncio.shield(self._refreshing)

    async def refresh_again(self) -> None:
        """Reads what changed until now, also if a refresh has begun. Raises Unavailable."""
        if running := self._refreshing:
            await asyncio.wait({running})
        await self.refresh()

    async def watch(self, interval: float = REFRESH_INTERVAL_SECONDS) -> None:
        """Refreshes the copy every `interval` seconds, until cancelled."""
        try:
            await repeat(
                self.refresh, interval, lambda: log.exception("suppression_refresh_failed")
            )
        finally:
            if self._refreshing:
                self._refreshing.cancel()

    async def _refresh(self) -> None:
        is_complete, started = False, 0.0
        while not is_complete:
            started = time.monotonic()
            (row,) = await self._graph.read(
                "suppressions", after=self._version, limit=MAX_PAGE_CHANGES
            )
            if row["latest"] < self._version:  # an older copy of the graph was restored
                self._digests, self._secret_counts, self._version = set(), {}, 0
                continue
            for change in row["changes"]:
                self._apply(change["added"], 1)
                self._apply(change["removed"], -1)
                self._version = change["version"]
            is_complete = self._version >= row["latest"]
        self._check_secrets()
        self._read_at = started

    def _apply(self, hashes: list[str], sign: int) -> None:
        for secret_id, digest in map(suppression_secrets.split, hashes):
            if (digest in self._digests) == (sign > 0):
                continue
            (self._digests.add if sign > 0 else self._digests.discard)(digest)
            self._secret_counts[secret_id] = self._secret_counts.get(secret_id, 0) + sign

    def _check_secrets(self) -> None:
        needed = {secret_id for secret_id, count in self._secret_counts.items() if count}
        if not needed <= self._known():
            self._secret_file.reload()  # another process may have made it since then
        unknown = needed - self._known()
        if unknown and unknown != self._unknown:
            log.error("suppression_secret_unknown", secrets=sorted(unknown))
        self._unknown = unknown
        self._metrics.set_suppressions(len(self._digests), len(unknown))

    def _known(self) -> set[str]:
        return {secret.id for secret in self._secret_file.secrets}

    def _end(self, task: asyncio.Task[None]) -> None:
        self._refreshing = None
        if not task.cancelled():
            task.exception()  # every caller has it
