"""The composition root: hands every part its collaborators."""

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
from app.errors import Unavailable
from app.graph import browser_links
from app.graph.connection import Database
from app.graph.embedded.supervisor import running
from app.graph.graph import CALL_TIMEOUT_SECONDS, Graph
from app.graph.migrations import steps
from app.graph.migrations.runner import Migrator
from app.graph.readiness import Readiness
from app.http.api.customers import ErasureRoutes
from app.http.api.events import Routes
from app.http.api.explanation import EventRoutes
from app.http.api.health import Scrape
from app.http.api.identity import IdentityRoutes
from app.http.api.reviews import ReviewRoutes
from app.http.middleware import RequestMiddleware
from app.http.openapi import docs
from app.http.routing import route
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


def create_app() -> RequestMiddleware:
    """The application on the settings of the environment, for one worker process."""
    logs.configure()
    config = settings.load(os.environ)
    counted = Metrics(os.environ.get(metrics.DIRECTORY))
    return build(config, settings.database(config), counted)


def build(config: Settings, where: Database, counted: Metrics | None = None) -> RequestMiddleware:
    """The application on a database, with everything it needs."""
    core = _Core(config, where, counted or Metrics())
    routes = Routes(core.ingest, core.contexts, core.timelines, core.guard, core.readiness)
    agents = McpEndpoint(core.guard, partial(_session_manager, core.tool_handlers, config))
    merges = MergeService(core.graph)
    splits = SplitService(core.graph, merges)
    identities = IdentityRoutes(merges, splits, core.guard)
    erasures = ErasureService(core.graph, splits, core.metrics)
    reviews = ReviewRoutes(
        IdentityConflictReader(core.graph),
        ReviewService(core.graph),
        AuditReader(core.graph),
        core.guard,
    )
    pages = Pages(core.contexts, core.timelines, core.explanations, core.guard)
    events = EventRoutes(core.explanations, core.guard)

    @asynccontextmanager
    async def lifespan(_: Router) -> AsyncIterator[None]:
        async with core.running(agents.run, erasures.watch):
            yield

    all_routes = [
        *routes.all(),
        Route("/mcp", agents, methods=["POST"], include_in_schema=False),
        route("/metrics", Scrape(core.guard, core.metrics).answer, "GET"),
        *events.routes(),
        *identities.routes(),
        *ErasureRoutes(erasures, core.guard).routes(),
        *reviews.routes(),
        *pages.routes(),
        *docs.ROUTES,
    ]
    router = Router(all_routes, False, lifespan=lifespan)
    return RequestMiddleware(router, core.metrics, core.tracing)


async def prepare(config: Settings, where: Database) -> None:
    """Has a database ready for its first write: its schema, its plans, its compiled code.

    One that is away is left to the workers, which wait for it and log why.
    """
    graph = Graph(where)
    try:
        await Migrator(graph, steps.load()).apply()
        await graph.plan_write()
        await Rehearsal(graph, config.resolution_limits).run()
    except Unavailable:
        return
    finally:
        await graph.close()


async def serve_agent(config: Settings, where: Database, key: str) -> None:
    """Serves one agent on standard input and output, with its API key, until it hangs up.

    Raises Unauthenticated or Unavailable, before anything is served.
    """
    from app.mcp import server as mcp_server  # noqa: PLC0415 - takes a second; agents need it

    core = _Core(config, where, Metrics())
    async with core.running():
        await core.guard.authorize(key)
        await mcp_server.serve_stdio(core.tool_handlers, key)


class _Core:
    """What all the doors lead to, on one database."""

    def __init__(self, config: Settings, where: Database, counted: Metrics) -> None:
        self.metrics = counted
        self.tracing = tracing.load() if config.otlp_endpoint else Tracing()
        self.graph = Graph(where, metrics=counted)
        self._authenticator = Authenticator(self.graph)
        write = partial(writer.write, self.graph, config.resolution_limits, metrics=counted)
        self._commits = GroupCommit(write, CALL_TIMEOUT_SECONDS, counted)
        migrator = Migrator(self.graph, steps.load())
        rehearsal = Rehearsal(self.graph, config.resolution_limits)
        self.readiness = Readiness(self.graph, migrator, counted, rehearsal.run)
        blocklist = config.blocklist
        self.ingest = Ingest(self._commits, blocklist, counted, self.tracing)
        self.contexts = ContextReader(self.graph, _links(config), blocklist)
        self.timelines = TimelineReader(self.graph)
        self.explanations = ExplanationReader(self.graph)
        self._rate_limiter = RateLimiter(
            config.rate_limit,
            counted,
            redis_window.connect(config.rate_limit_storage, config.rate_limit),
        )
        self.guard = Guard(self._authenticator, self._rate_limiter)
        self.tool_handlers = ToolHandlers(
            self.ingest, self.contexts, self.timelines, self.explanations, self.guard
        )

    @asynccontextmanager
    async def running(self, *more: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
        """Runs what runs for ever, until left."""
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
            # A database that is there is ready for the first caller; one that is away holds up
            # nobody.
            await self.readiness.wait_for_first_check(FIRST_CHECK_TIMEOUT_SECONDS)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._rate_limiter.close()
            await self.graph.close()
            await asyncio.to_thread(self.tracing.close)  # it may wait for its collector


def _session_manager(tool_handlers: ToolHandlers, config: Settings) -> SessionManager:
    from app.mcp import server as mcp_server  # noqa: PLC0415 - takes a second; agents need it

    return mcp_server.session_manager(tool_handlers, config.hosts)


def _links(config: Settings) -> Links:
    connection = None if config.neo4j_uri else running(config.neo4j_home)
    if config.neo4j_browser or connection is None:
        return partial(browser_links.link, config.neo4j_browser)
    return partial(browser_links.link, connection.browser, server=connection.server)
