"""The composition root: creates every part with its collaborators."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.routing import Route, Router

from app import settings
from app.access import redis_window
from app.access.authenticator import Authenticator
from app.access.guard import Guard
from app.access.rate_limiter import RateLimiter
from app.customers.context import ContextReader, Links
from app.customers.explanation.reader import ExplanationReader
from app.customers.timeline import TimelineReader
from app.graph import browser_links
from app.graph.connection import Database
from app.graph.embedded.supervisor import running
from app.graph.graph import CALL_TIMEOUT_SECONDS, Graph
from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator
from app.graph.readiness import Readiness
from app.http import routing
from app.http.api.audit import AuditRoutes
from app.http.api.customers import CustomerRoutes
from app.http.api.events import EventRoutes
from app.http.api.explanation import ExplanationRoutes
from app.http.api.health import HealthRoutes
from app.http.api.merges import MergeRoutes
from app.http.api.reviews import ReviewRoutes
from app.http.api.splits import SplitRoutes
from app.http.middleware import RequestMiddleware
from app.http.openapi.docs import DocsRoutes
from app.http.web.pages import Pages
from app.identity.audit import AuditReader
from app.identity.conflicts import IdentityConflictReader
from app.identity.erasure import ErasureService
from app.identity.merges import MergeService
from app.identity.reviews import ReviewService
from app.identity.splits import SplitService
from app.ingest import writer
from app.ingest.group_commit import GroupCommit
from app.ingest.rehearsal import Rehearsal
from app.ingest.service import Ingest
from app.mcp.endpoint import McpEndpoint, SessionManager
from app.mcp.handlers import ToolHandlers
from app.observability import logs, metrics, tracing
from app.observability.metrics import Metrics
from app.observability.tracing import Tracing
from app.settings import Settings

FIRST_CHECK_TIMEOUT_SECONDS = 10.0


class Services:
    """The use cases, the guard and the background tasks, on one database."""

    def __init__(self, config: Settings, database: Database, metrics: Metrics) -> None:
        self.metrics = metrics
        self.tracing = tracing.from_environment() if config.otlp_endpoint else Tracing()
        self.graph = Graph(database, metrics=metrics)
        self._authenticator = Authenticator(self.graph)
        write = partial(writer.write, self.graph, config.resolution_limits, metrics=metrics)
        self._commits = GroupCommit(write, CALL_TIMEOUT_SECONDS, metrics)
        self.migrator = Migrator(self.graph, definitions.load())
        rehearsal = Rehearsal(self.graph, config.resolution_limits)
        self.readiness = Readiness(self.graph, self.migrator, metrics, rehearsal.run)
        blocklist = config.blocklist
        self.ingest = Ingest(self._commits, blocklist, metrics, self.tracing)
        self.contexts = ContextReader(self.graph, _links(config), blocklist)
        self.timelines = TimelineReader(self.graph)
        self.explanations = ExplanationReader(self.graph)
        self._rate_limiter = RateLimiter(
            config.rate_limit,
            metrics,
            redis_window.connect(config.rate_limit_storage, config.rate_limit),
        )
        self.guard = Guard(self._authenticator, self._rate_limiter)
        self.tool_handlers = ToolHandlers(
            self.ingest, self.contexts, self.timelines, self.explanations, self.guard
        )

    @asynccontextmanager
    async def running(self, *more: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
        """Runs the background tasks, and `more` of them, while the context is open."""
        runs = (
            *(
                self.readiness.watch,
                self._authenticator.watch,
                self._rate_limiter.watch,
                self._commits.run,
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


def create_app() -> RequestMiddleware:
    """Returns the application of one worker process, with the settings of the environment."""
    logs.configure()
    config = settings.load(os.environ)
    return assemble(create_services(config), config)


def create_services(config: Settings) -> Services:
    """Returns the services of one process, on the database of the settings."""
    process_metrics = Metrics(os.environ.get(metrics.DIRECTORY))
    return Services(config, settings.database(config), process_metrics)


def build(
    config: Settings, database: Database, metrics: Metrics | None = None
) -> RequestMiddleware:
    """Returns the application on a database, with all its parts."""
    return assemble(Services(config, database, metrics or Metrics()), config)


def assemble(services: Services, config: Settings) -> RequestMiddleware:
    """Returns the application on these services, with the routes that its parts declare."""
    merges = MergeService(services.graph)
    splits = SplitService(services.graph, merges)
    erasures = ErasureService(services.graph, splits, services.metrics)
    features = [
        EventRoutes(services.ingest),  # the busiest first, grouped by tag
        ExplanationRoutes(services.explanations),
        CustomerRoutes(services.contexts, services.timelines, erasures),
        MergeRoutes(merges),
        SplitRoutes(splits),
        ReviewRoutes(IdentityConflictReader(services.graph), ReviewService(services.graph)),
        AuditRoutes(AuditReader(services.graph)),
        HealthRoutes(services.readiness, services.metrics),
    ]
    api = routing.routes(features, services.guard)
    pages = [
        Pages(services.contexts, services.timelines, services.explanations, services.guard),
        DocsRoutes(routing.operations(api)),
    ]
    agents = McpEndpoint(
        services.guard, config.hosts, partial(_session_manager, services.tool_handlers)
    )
    mcp = Route("/mcp", agents, methods=["POST"])

    @asynccontextmanager
    async def lifespan(_: Router) -> AsyncIterator[None]:
        async with services.running(agents.run, erasures.watch):
            yield

    router = Router([*api, mcp, *routing.routes(pages, services.guard)], False, lifespan=lifespan)
    return RequestMiddleware(router, services.metrics, services.tracing)


async def serve_agent(config: Settings, database: Database, key: str) -> None:
    """Serves one agent on standard input and output, with its API key, until it disconnects.

    Raises Unauthenticated or Unavailable, before anything is served.
    """
    from app.mcp import server as mcp_server  # noqa: PLC0415 - takes a second; agents need it

    services = Services(config, database, Metrics())
    async with services.running():
        await services.guard.authorize(key)
        await mcp_server.serve_stdio(services.tool_handlers, key)


def _session_manager(tool_handlers: ToolHandlers) -> SessionManager:
    from app.mcp import server as mcp_server  # noqa: PLC0415 - takes a second; agents need it

    return mcp_server.session_manager(tool_handlers)


def _links(config: Settings) -> Links:
    connection = None if config.neo4j_uri else running(config.neo4j_home)
    if config.neo4j_browser or connection is None:
        return partial(browser_links.link, config.neo4j_browser)
    return partial(browser_links.link, connection.browser, server=connection.server)
