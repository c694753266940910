"""The composition root: creates every part with its collaborators."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.routing import Route, Router

from app import agent_features, settings
from app.access import development_key
from app.activity.rejections import RejectionReader
from app.customers.names import NameReader
from app.graph.connection import Database
from app.http import routing
from app.http.api.audit import AuditRoutes
from app.http.api.customers import CustomerRoutes
from app.http.api.events import EventRoutes
from app.http.api.explanation import ExplanationRoutes
from app.http.api.health import HealthRoutes
from app.http.api.identifier_moves import IdentifierMoveRoutes
from app.http.api.live import LiveRoutes
from app.http.api.merges import MergeRoutes
from app.http.api.rejections import RejectionRoutes
from app.http.api.reviews import ReviewRoutes
from app.http.api.splits import SplitRoutes
from app.http.api.suppressions import SuppressionRoutes
from app.http.live_feed import LiveFeed
from app.http.middleware import RequestMiddleware
from app.http.openapi.docs import DocsRoutes
from app.http.segment.routes import SegmentRoutes
from app.http.segment.sdk_settings import SettingsRoutes
from app.http.web.audit_log import AuditPages
from app.http.web.compare import ComparePage, ReviewPages
from app.http.web.conflicts import ConflictPages
from app.http.web.customer import CustomerPages
from app.http.web.erase import ErasePages
from app.http.web.home import HomePages
from app.http.web.identifier_move import IdentifierMovePages
from app.http.web.live import LivePages
from app.http.web.login import LoginPages
from app.http.web.merge import MergePages
from app.http.web.rejections import RejectionPages
from app.http.web.search import SearchPages
from app.http.web.split import SplitPages
from app.http.web.static_files import StaticFiles
from app.http.web.suppressions import SuppressionPages
from app.http.web.undo import UndoPages
from app.identity_services import IdentityServices
from app.mcp import protected_resource
from app.mcp.endpoint import McpEndpoint, SessionManager
from app.mcp.features import Features
from app.mcp.protected_resource import ProtectedResource
from app.observability import logs, metrics
from app.observability.metrics import Metrics
from app.services import Services
from app.settings import Settings


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


def assemble(
    services: Services,
    config: Settings,
    load_agents: Callable[[Features], SessionManager] | None = None,
) -> RequestMiddleware:
    """Returns the application on these services, with the routes that its parts declare.

    `load_agents` returns the MCP server, by default that of the service.
    """
    identity = IdentityServices(services)
    live = LiveFeed(services.activity, services.guard)
    rejections = RejectionReader(services.graph, has_samples=config.rejection_samples)
    home = HomePages(services.overview, services.activity, services.status, _key_file(config))
    api = routing.routes(_routes(services, identity, live, rejections), services.guard)
    docs = DocsRoutes(routing.operations(api))
    pages = routing.routes(
        [home, *_pages(services, identity, live, rejections), docs], services.guard
    )
    features = agent_features.create(services, identity, config.mcp_toolsets)
    load = partial(load_agents or _session_manager, features)
    resource = None
    if config.token_policy:
        resource = ProtectedResource(config.token_policy, features.tools.tools)
    agents = McpEndpoint(services.agent_guard, config.hosts, load, resource)
    mcp = [Route(protected_resource.ENDPOINT, agents, methods=["POST"])]
    if resource:
        path = protected_resource.METADATA + protected_resource.ENDPOINT
        mcp.append(Route(path, resource, methods=["GET"]))

    @asynccontextmanager
    async def lifespan(_: Router) -> AsyncIterator[None]:
        async with services.running(agents.run, identity.erasures.watch, *services.optional_tasks):
            yield

    router = Router([*api, *mcp, *pages], False, lifespan=lifespan)
    return RequestMiddleware(router, services.metrics, services.tracing)


def _routes(
    services: Services, identity: IdentityServices, live: LiveFeed, rejections: RejectionReader
) -> list[object]:
    return [
        EventRoutes(services.ingest, services.dry_runs),  # the busiest first, grouped by tag
        LiveRoutes(live),
        ExplanationRoutes(services.explanations),
        RejectionRoutes(rejections),
        SegmentRoutes(services.ingest, services.clocks),
        SettingsRoutes(services.guard),
        CustomerRoutes(services.contexts, services.timelines, identity.erasures),
        MergeRoutes(identity.merges),
        SplitRoutes(identity.splits),
        IdentifierMoveRoutes(identity.moves),
        ReviewRoutes(identity.conflicts, identity.reviews),
        SuppressionRoutes(identity.suppressions),
        AuditRoutes(identity.audit),
        HealthRoutes(services.readiness, services.metrics),
    ]


def _pages(
    services: Services, identity: IdentityServices, live: LiveFeed, rejections: RejectionReader
) -> list[object]:
    names = NameReader(services.graph)
    comparison = ComparePage(identity.comparisons, services.timelines)
    return [
        SearchPages(services.contexts),
        CustomerPages(services.profiles, services.timelines, services.explanations),
        LivePages(services.activity, live),
        RejectionPages(rejections),
        ConflictPages(identity.conflicts, names),
        ReviewPages(comparison, identity.reviews),
        MergePages(comparison, identity.merges, names),
        SplitPages(identity.splits, names),
        IdentifierMovePages(identity.moves, names),
        ErasePages(services.profiles, identity.erasures, names),
        SuppressionPages(
            identity.suppression_history, identity.suppressions, services.suppression_list
        ),
        AuditPages(identity.audit, names),
        UndoPages(identity.audit, identity.undos, names),
        LoginPages(services.guard),
        StaticFiles(),
    ]


async def serve_agent(config: Settings, database: Database, key: str) -> None:
    """Serves one agent on standard input and output, with its API key, until it disconnects.

    Raises Unauthenticated or Unavailable, before anything is served.
    """
    from app.mcp import server as mcp_server  # noqa: PLC0415 - takes a second; agents need it

    services = Services(config, database, Metrics())
    features = agent_features.create(services, IdentityServices(services), config.mcp_toolsets)
    async with services.running():
        await services.guard.authorize(key)
        await mcp_server.serve_stdio(features, key)


def _key_file(config: Settings) -> Path | None:
    return None if config.neo4j_uri else development_key.file(Path(config.data_dir).resolve())


def _session_manager(features: Features) -> SessionManager:
    from app.mcp import server as mcp_server  # noqa: PLC0415 - takes a second; agents need it

    return mcp_server.HttpSessions(mcp_server.http_registry(features))
