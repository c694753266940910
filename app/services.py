"""The services that all interfaces share, on one database."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from app.access import redis_window
from app.access.agent_guard import AgentGuard
from app.access.authenticator import Authenticator
from app.access.guard import Guard
from app.access.memory_window import MemoryWindow
from app.access.rate_limiter import RateLimiter
from app.activity import relays
from app.activity.event_names import EventNameSuggestions
from app.activity.overview import OverviewReader
from app.activity.recorder import ActivityRecorder
from app.activity.stream import ActivityStream
from app.customers.context import ContextReader, Links
from app.customers.explanation.reader import ExplanationReader
from app.customers.profile import ProfileReader
from app.customers.timeline import TimelineReader
from app.graph import browser_links
from app.graph.connection import Database
from app.graph.embedded.supervisor import running
from app.graph.graph import CALL_TIMEOUT_SECONDS, Graph
from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator
from app.graph.readiness import Readiness
from app.http.web.home import Status
from app.identity.suppression_list import SuppressionList
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.ingest import writer
from app.ingest.dry_run import DryRunner
from app.ingest.event_checks import EventChecks
from app.ingest.group_commit import GroupCommit
from app.ingest.rehearsal import Rehearsal
from app.ingest.service import Ingest
from app.observability import tracing
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing
from app.retention.pruner import Pruner
from app.retention.worker import RetentionWorker
from app.settings import Settings

if TYPE_CHECKING:
    from app.webhooks.worker import WebhookWorker

FIRST_CHECK_TIMEOUT_SECONDS = 10.0

CopySuppressions = Callable[[Graph, SuppressionSecretFile, Metrics], SuppressionList]


class Services:
    """The use cases, the guard and the background tasks, on one database.

    `clock` returns the seconds of the rate limit. `copy_suppressions` makes the copy of the
    suppression list that events are checked against.
    """

    def __init__(
        self,
        config: Settings,
        database: Database,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        copy_suppressions: CopySuppressions = SuppressionList,
    ) -> None:
        self.metrics = metrics
        self.tracing = tracing.from_environment() if config.otlp_endpoint else Tracing()
        self.graph = Graph(database, metrics=metrics)
        self._authenticator = Authenticator(self.graph)
        write = partial(writer.write, self.graph, config.resolution_limits, metrics=metrics)
        self._commits = GroupCommit(write, CALL_TIMEOUT_SECONDS, metrics)
        self.migrator = Migrator(self.graph, definitions.load())
        rehearsal = Rehearsal(self.graph, config.resolution_limits)
        self.readiness = Readiness(self.graph, self.migrator, metrics, rehearsal.run)
        self.activity = _activity(config, database)
        self._recorder = ActivityRecorder(self.graph, metrics, has_samples=config.rejection_samples)
        observers = [self.activity, self._recorder.observe]
        self.clocks = config.clocks
        self.suppression_secrets = config.suppression_secrets
        self.suppression_list = copy_suppressions(self.graph, self.suppression_secrets, metrics)
        self.overview = OverviewReader(self.graph)
        self._event_names = EventNameSuggestions(self.overview)
        blocklist = config.blocklist
        checks = EventChecks(
            self.graph, blocklist, self.suppression_list, self._event_names.suggest
        )
        self.ingest = Ingest(self._commits, checks, metrics, self.tracing, observers)
        self.dry_runs = DryRunner(self.graph, config.resolution_limits, checks)
        self.contexts = ContextReader(self.graph, _links(config), blocklist)
        self.profiles = ProfileReader(self.graph, _links(config), config.resolution_limits)
        self.timelines = TimelineReader(self.graph)
        self.explanations = ExplanationReader(self.graph)
        self._rate_limiter = _rate_limiter(config, metrics, clock)
        self.guard = Guard(self._authenticator, self._rate_limiter, config.browser_rate_limit)
        self._retention = _retention(config, self.graph, metrics)
        self._webhooks = _webhooks(config, self.graph, metrics)
        self.agent_guard = AgentGuard(self._authenticator, self._rate_limiter, config.token_policy)

    @property
    def optional_tasks(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """The background tasks that settings turn on: the retention and the webhooks."""
        return [worker.watch for worker in (self._retention, self._webhooks) if worker]

    def status(self) -> Status:
        """The state of the dependencies, as this process knows it."""
        queued = self._commits.queued
        return Status(
            self.readiness.is_ready,
            queued,
            queued * self._commits.rate.seconds_per_row,
            self._rate_limiter.is_shared,
        )

    @asynccontextmanager
    async def running(self, *more: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
        """Runs the background tasks, and `more` of them, while the context is open."""
        runs = (
            *(
                self.readiness.watch,
                self._authenticator.watch,
                self.suppression_list.watch,
                self._event_names.watch,
                self._rate_limiter.watch,
                self._commits.run,
                self.activity.run,
                self._recorder.run,
                self._recorder.watch,
            ),
            *more,
        )
        tasks = [asyncio.create_task(run()) for run in runs]
        try:
            # An available Neo4j is ready for the first request; an unavailable one delays none.
            await self.readiness.wait_for_first_check(FIRST_CHECK_TIMEOUT_SECONDS)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.close()

    async def close(self) -> None:
        """Closes every connection."""
        await self._rate_limiter.close()
        await self.graph.close()
        await asyncio.to_thread(self.tracing.close)  # may wait for the collector


def _activity(config: Settings, database: Database) -> ActivityStream:
    name = f"{database.uri} {database.name}"
    return relays.connect(config.data_dir, name, config.rate_limit_storage)


def _rate_limiter(config: Settings, metrics: Metrics, clock: Callable[[], float]) -> RateLimiter:
    shared = redis_window.connect(config.rate_limit_storage, config.rate_limit)
    return RateLimiter(config.rate_limit, metrics, shared, MemoryWindow(config.rate_limit, clock))


def _retention(config: Settings, graph: Graph, metrics: Metrics) -> RetentionWorker | None:
    if not config.retention:
        return None
    return RetentionWorker(Pruner(graph, metrics), config.retention)


def _webhooks(config: Settings, graph: Graph, metrics: Metrics) -> "WebhookWorker | None":
    if not config.webhook_url or not config.webhook_secret_file:
        return None
    from app.webhooks import messages, worker  # noqa: PLC0415 - loads the HTTP client

    types = messages.parse_types(config.webhook_types)
    return worker.create(config.webhook_url, config.webhook_secret_file, types, graph, metrics)


def _links(config: Settings) -> Links:
    connection = None if config.neo4j_uri else running(config.neo4j_home)
    if config.neo4j_browser or connection is None:
        return partial(browser_links.link, config.neo4j_browser)
    return partial(browser_links.link, connection.browser, server=connection.server)
