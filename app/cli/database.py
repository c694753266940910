"""The database that a command uses."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from app import settings
from app.cli.environment import load_settings
from app.cli.exit_codes import exit_on_errors
from app.graph.embedded.supervisor import EmbeddedNeo4j, running
from app.graph.graph import Graph
from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator
from app.settings import Settings

T = TypeVar("T")


@contextlib.contextmanager
def ensure_database(config: Settings) -> Iterator[None]:
    """Runs an embedded Neo4j while open, unless NEO4J_URI is set or one is already running."""
    if config.neo4j_uri or running(config.neo4j_home):
        yield
        return
    with EmbeddedNeo4j(config.neo4j_home):
        yield


def run_on_graph(call: Callable[[Graph], Awaitable[T]]) -> T:
    """Returns the result of a call on the graph that the settings name. Raises ClickException."""
    config = load_settings()

    async def run() -> T:
        graph = Graph(settings.database(config))
        try:
            await Migrator(graph, definitions.load()).apply()
            return await call(graph)
        finally:
            await graph.close()

    with exit_on_errors(), ensure_database(config):
        return asyncio.run(run())
