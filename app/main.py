"""The composition root: hands every part its collaborators."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from app import browser, figures, ingest, logs, migrations, settings, traces
from app.bolt import Database
from app.bulk_import import BulkImport
from app.changes import ChangeReader
from app.check import Check, Finding, check_storage
from app.conflicts import ConflictReader
from app.context import ContextReader, Links
from app.embedded import running
from app.event_routes import EventRoutes
from app.explanation import ExplanationReader
from app.figures import Figures
from app.gate import Gate
from app.graph import DEADLINE, Graph
from app.group_commit import GroupCommit
from app.http import Routes, application
from app.identity import Rules
from app.identity_routes import IdentityRoutes
from app.ingest import Ingest
from app.keyring import Keyring
from app.limiter import Limiter
from app.mcp_endpoint import McpEndpoint, SessionManager
from app.merges import Merges
from app.migrator import Migrator
from app.pages import Pages
from app.readiness import Readiness
from app.rejects import Rejects
from app.review import Reviewer
from app.review_routes import ReviewRoutes
from app.scrape import Scrape
from app.settings import Settings, SettingsError
from app.shared_minutes import SharedMinutes
from app.splits import Splits
from app.timeline import TimelineReader
from app.tool_calls import ToolCalls
from app.traces import Traces

FIRST_LOOK = 10.0  # seconds
BULK_DEADLINE = 60.0  # seconds; nobody waits, and a slow disk is no outage


def create_app() -> Starlette:
    """The application on the settings of the environment, for one worker process."""
    logs.configure()
    config = settings.load(os.environ)
    counted = Figures(os.environ.get(figures.DIRECTORY))
    return build(config, database(config), counted)


def build(config: Settings, where: Database, counted: Figures | None = None) -> Starlette:
    """The application on a database, with everything it needs."""
    core = _Core(config, where, counted or Figures())
    routes = Routes(core.ingest, core.contexts, core.timelines, core.gate, core.readiness)
    agents = McpEndpoint(core.gate, partial(_session_manager, core.calls, config))
    merges = Merges(core.graph)
    identities = IdentityRoutes(merges, Splits(core.graph, merges), core.gate)
    reviews = ReviewRoutes(
        ConflictReader(core.graph), Reviewer(core.graph), ChangeReader(core.graph), core.gate
    )
    pages = Pages(core.contexts, core.timelines, core.explanations, core.gate)
    events = EventRoutes(core.explanations, core.gate)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with core.running(agents.run):
            yield

    others = [
        Route("/mcp", agents, methods=["POST"], include_in_schema=False),
        Route("/metrics", Scrape(core.gate, core.figures).answer, methods=["GET"]),
        *events.routes(),
        *identities.routes(),
        *reviews.routes(),
        *pages.routes(),
    ]
    return application(routes, others, lifespan, core.figures, core.traces)


async def serve_agent(config: Settings, where: Database, key: str) -> None:
    """Serves one agent on standard input and output, with its API key, until it hangs up.

    Raises Unauthenticated or Unavailable, before anything is served.
    """
    from app import mcp_server  # noqa: PLC0415 - takes a second, which only agents need

    core = _Core(config, where, Figures())
    async with core.running():
        await core.gate.admit(key)
        await mcp_server.serve_stdio(core.calls, key)


async def check(environ: Mapping[str, str]) -> list[Finding]:
    """What is found of the settings, and of the database that they name."""
    try:
        config = settings.load(environ)
    except SettingsError as error:
        return [Finding("settings", fault, is_ok=False) for fault in error.faults]
    found = [Finding("settings", "can be used"), *await check_storage(_shared_minutes(config))]
    try:
        where = database(config)
    except LookupError as error:
        message = f"{error}: start the service, or set NEO4J_URI"
        return [*found, Finding("database", message, is_ok=False)]
    graph = Graph(where)
    steps = migrations.load()
    try:
        return [*found, *await Check(graph, Migrator(graph, steps), steps).findings()]
    finally:
        await graph.close()


class _Core:
    """What all the doors lead to, on one database."""

    def __init__(self, config: Settings, where: Database, counted: Figures) -> None:
        self.figures = counted
        self.traces = traces.load() if config.otlp_endpoint else Traces()
        self.graph = Graph(where, figures=counted)
        self._keyring = Keyring(self.graph)
        write = partial(ingest.write, self.graph, _rules(config), figures=counted)
        self._commits = GroupCommit(write, DEADLINE, counted)
        migrator = Migrator(self.graph, migrations.load())
        self.readiness = Readiness(self.graph, migrator, counted)
        is_blocked = config.blocked.has
        self.ingest = Ingest(self._commits, is_blocked, counted, self.traces)
        self.contexts = ContextReader(self.graph, _links(config), is_blocked)
        self.timelines = TimelineReader(self.graph)
        self.explanations = ExplanationReader(self.graph)
        self._limiter = Limiter(config.rate_limit, counted, _shared_minutes(config))
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


def _shared_minutes(config: Settings) -> SharedMinutes | None:
    url = config.rate_limit_storage
    return SharedMinutes(url, config.rate_limit) if url else None


def _rules(config: Settings) -> Rules:
    return Rules(
        email=config.email_limit,
        phone=config.phone_limit,
        external_id=config.external_id_limit,
        shared_after=config.shared_after,
    )


@asynccontextmanager
async def graph(config: Settings) -> AsyncIterator[Graph]:
    """The graph of the settings for what nobody waits for, with its schema. Raises Unavailable."""
    where = database(config)
    first, graph = Graph(where), Graph(where, BULK_DEADLINE)
    try:
        # Within the shorter deadline, so that a database that is not there is told of soon.
        await Migrator(first, migrations.load()).apply()
        yield graph
    finally:
        await first.close()
        await graph.close()


@asynccontextmanager
async def bulk_import(config: Settings, rejects: Rejects) -> AsyncIterator[BulkImport]:
    """The bulk import into the database of the settings. Raises Unavailable."""
    async with graph(config) as bulk:
        commits = GroupCommit(partial(ingest.write, bulk, _rules(config)), BULK_DEADLINE)
        is_blocked = config.blocked.has
        task = asyncio.create_task(commits.run())
        try:
            yield BulkImport(bulk, Ingest(commits, is_blocked), is_blocked, rejects)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _session_manager(calls: ToolCalls, config: Settings) -> SessionManager:
    from app import mcp_server  # noqa: PLC0415 - takes a second, which only agents need

    return mcp_server.session_manager(calls, config.hosts)


def database(config: Settings) -> Database:
    """The database that the settings name: the given one, or the embedded one that runs now.

    Raises LookupError where no embedded one runs.
    """
    if config.neo4j_uri:
        return Database(
            config.neo4j_uri,
            config.neo4j_username,
            config.neo4j_password,
            config.neo4j_database,
            config.neo4j_password_file,
            config.neo4j_token_file,
            config.neo4j_ca_file,
            config.neo4j_reads,
        )
    connection = running(config.neo4j_home)
    if connection is None:
        raise LookupError(f"no Neo4j runs in {config.neo4j_home}")
    return Database(connection.uri, connection.username, connection.password, config.neo4j_database)


def _links(config: Settings) -> Links:
    connection = None if config.neo4j_uri else running(config.neo4j_home)
    if config.neo4j_browser or connection is None:
        return partial(browser.link, config.neo4j_browser)
    return partial(browser.link, connection.browser, server=connection.server)
