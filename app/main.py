"""The composition root: hands every part its collaborators."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.routing import Route, Router

from app import (
    browser,
    docs_page,
    figures,
    ingest,
    logs,
    migrations,
    settings,
    shared_minutes,
    traces,
)
from app.changes import ChangeReader
from app.conflicts import ConflictReader
from app.context import ContextReader, Links
from app.database import Database
from app.embedded import running
from app.endpoint import route
from app.erasure_routes import ErasureRoutes
from app.erasures import Erasures
from app.errors import Unavailable
from app.event_routes import EventRoutes
from app.explanation import ExplanationReader
from app.figures import Figures
from app.gate import Gate
from app.graph import DEADLINE, Graph
from app.group_commit import GroupCommit
from app.http import Routes
from app.identity_routes import IdentityRoutes
from app.ingest import Ingest
from app.keyring import Keyring
from app.limiter import Limiter
from app.mcp_endpoint import McpEndpoint, SessionManager
from app.merges import Merges
from app.middleware import RequestMiddleware
from app.migrator import Migrator
from app.pages import Pages
from app.readiness import Readiness
from app.rehearsal import Rehearsal
from app.review import Reviewer
from app.review_routes import ReviewRoutes
from app.scrape import Scrape
from app.settings import Settings
from app.splits import Splits
from app.timeline import TimelineReader
from app.tool_calls import ToolCalls
from app.traces import Traces

FIRST_LOOK = 10.0  # seconds


def create_app() -> RequestMiddleware:
    """The application on the settings of the environment, for one worker process."""
    logs.configure()
    config = settings.load(os.environ)
    counted = Figures(os.environ.get(figures.DIRECTORY))
    return build(config, settings.database(config), counted)


def build(config: Settings, where: Database, counted: Figures | None = None) -> RequestMiddleware:
    """The application on a database, with everything it needs."""
    core = _Core(config, where, counted or Figures())
    routes = Routes(core.ingest, core.contexts, core.timelines, core.gate, core.readiness)
    agents = McpEndpoint(core.gate, partial(_session_manager, core.calls, config))
    merges = Merges(core.graph)
    splits = Splits(core.graph, merges)
    identities = IdentityRoutes(merges, splits, core.gate)
    erasures = Erasures(core.graph, splits, core.figures)
    reviews = ReviewRoutes(
        ConflictReader(core.graph), Reviewer(core.graph), ChangeReader(core.graph), core.gate
    )
    pages = Pages(core.contexts, core.timelines, core.explanations, core.gate)
    events = EventRoutes(core.explanations, core.gate)

    @asynccontextmanager
    async def lifespan(_: Router) -> AsyncIterator[None]:
        async with core.running(agents.run, erasures.watch):
            yield

    all_routes = [
        *routes.all(),
        Route("/mcp", agents, methods=["POST"], include_in_schema=False),
        route("/metrics", Scrape(core.gate, core.figures).answer, "GET"),
        *events.routes(),
        *identities.routes(),
        *ErasureRoutes(erasures, core.gate).routes(),
        *reviews.routes(),
        *pages.routes(),
        *docs_page.ROUTES,
    ]
    router = Router(all_routes, False, lifespan=lifespan)
    return RequestMiddleware(router, core.figures, core.traces)


async def prepare(config: Settings, where: Database) -> None:
    """Has a database ready for its first write: its schema, its plans, its compiled code.

    One that is away is left to the workers, which wait for it and log why.
    """
    graph = Graph(where)
    try:
        await Migrator(graph, migrations.load()).apply()
        await graph.plan_write()
        await Rehearsal(graph, config.rules).run()
    except Unavailable:
        return
    finally:
        await graph.close()


async def serve_agent(config: Settings, where: Database, key: str) -> None:
    """Serves one agent on standard input and output, with its API key, until it hangs up.

    Raises Unauthenticated or Unavailable, before anything is served.
    """
    from app import mcp_server  # noqa: PLC0415 - takes a second, which only agents need

    core = _Core(config, where, Figures())
    async with core.running():
        await core.gate.admit(key)
        await mcp_server.serve_stdio(core.calls, key)


class _Core:
    """What all the doors lead to, on one database."""

    def __init__(self, config: Settings, where: Database, counted: Figures) -> None:
        self.figures = counted
        self.traces = traces.load() if config.otlp_endpoint else Traces()
        self.graph = Graph(where, figures=counted)
        self._keyring = Keyring(self.graph)
        write = partial(ingest.write, self.graph, config.rules, figures=counted)
        self._commits = GroupCommit(write, DEADLINE, counted)
        migrator = Migrator(self.graph, migrations.load())
        rehearsal = Rehearsal(self.graph, config.rules)
        self.readiness = Readiness(self.graph, migrator, counted, rehearsal.run)
        is_blocked = config.blocked.has
        self.ingest = Ingest(self._commits, is_blocked, counted, self.traces)
        self.contexts = ContextReader(self.graph, _links(config), is_blocked)
        self.timelines = TimelineReader(self.graph)
        self.explanations = ExplanationReader(self.graph)
        self._limiter = Limiter(
            config.rate_limit,
            counted,
            shared_minutes.at(config.rate_limit_storage, config.rate_limit),
        )
        self.gate = Gate(self._keyring, self._limiter)
        self.calls = ToolCalls(
            self.ingest, self.contexts, self.timelines, self.explanations, self.gate
        )

    @asynccontextmanager
    async def running(self, *more: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
        """Runs what runs for ever, until left."""
        runs = (
            *(self.readiness.watch, self._keyring.watch, self._limiter.watch, self._commits.run),
            *more,
        )
        tasks = [asyncio.create_task(run()) for run in runs]
        try:
            # A database that is there is ready for the first caller; one that is away holds up
            # nobody.
            await self.readiness.first_look(FIRST_LOOK)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._limiter.close()
            await self.graph.close()
            await asyncio.to_thread(self.traces.close)  # it may wait for its collector


def _session_manager(calls: ToolCalls, config: Settings) -> SessionManager:
    from app import mcp_server  # noqa: PLC0415 - takes a second, which only agents need

    return mcp_server.session_manager(calls, config.hosts)


def _links(config: Settings) -> Links:
    connection = None if config.neo4j_uri else running(config.neo4j_home)
    if config.neo4j_browser or connection is None:
        return partial(browser.link, config.neo4j_browser)
    return partial(browser.link, connection.browser, server=connection.server)
