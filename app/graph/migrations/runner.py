"""The migrator: applies the schema migrations of this version of the service to a graph."""

from collections.abc import Sequence

import structlog

from app.errors import Unavailable
from app.graph import statements
from app.graph.graph import SCHEMA_TIMEOUT_SECONDS, Graph
from app.graph.migrations.definitions import Migration
from app.graph.migrations.state import SchemaState

POPULATION_TIMEOUT_SECONDS = 10  # for a new index; one over much data takes longer

log = structlog.get_logger()


class Migrator:
    """Applies the schema migrations to a graph, in order, and records each one after it.

    Several instances may run at the same time: each migration is idempotent, and is recorded once.
    """

    def __init__(self, graph: Graph, migrations: Sequence[Migration]) -> None:
        self._graph = graph
        self._migrations = migrations
        self._statements = statements.load("read") | statements.load("write")

    async def apply(self) -> None:
        """Returns when the schema is complete. If it was complete before, this takes two reads.

        Raises Unavailable if the graph has an unknown migration (it then changes nothing), if a
        migration fails, or if an index is not online.
        """
        state = await self.look()
        for migration in self._migrations:
            _require_none(state.unknown_migrations())
            if state.is_due(migration):
                _require_none(state.obstacles(migration), migration)
                await self._apply(migration, state)
                state = await self.look()
        _require_none(state.unknown_migrations())
        for migration in self._migrations:
            _require_none(state.problems(migration), migration)

    async def look(self) -> SchemaState:
        """The state of the schema in the graph. Raises Unavailable."""
        records = await self._graph.run_admin(self._statements["schema_migrations"])
        indexes = await self._graph.run_admin(self._statements["schema_indexes"])
        return SchemaState(self._migrations, records, indexes)

    async def _apply(self, migration: Migration, state: SchemaState) -> None:
        index = migration.creates
        # An existing index is only recorded.
        is_there = index is not None and state.has(index)
        if not is_there:
            await self._graph.run_admin(migration.statement, SCHEMA_TIMEOUT_SECONDS)
        if index and not is_there:
            await self._graph.run_admin(
                self._statements["schema_await_index"],
                SCHEMA_TIMEOUT_SECONDS,
                name=index.name,
                seconds=POPULATION_TIMEOUT_SECONDS,
            )
        if not state.is_recorded(migration):
            await self._graph.run_admin(
                self._statements["schema_record_migration"],
                version=migration.version,
                name=migration.name,
                checksum=migration.checksum,
            )
        log.info("migration_applied", migration=str(migration), was_there=is_there)


def _require_none(problems: list[str], migration: Migration | None = None) -> None:
    if problems:
        prefix = f"schema migration {migration}: " if migration else ""
        raise Unavailable("; ".join(prefix + problem for problem in problems))
