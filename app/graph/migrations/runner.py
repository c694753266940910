"""The migrator: brings the schema of a graph to the one of this version of the service."""

from collections.abc import Sequence

import structlog

from app.errors import Unavailable
from app.graph import statements
from app.graph.graph import SCHEMA_TIMEOUT_SECONDS, Graph
from app.graph.migrations.definitions import Migration
from app.graph.migrations.state import SchemaState

POPULATION_TIMEOUT_SECONDS = 10  # of a new index; one over much data takes longer

log = structlog.get_logger()


class Migrator:
    """Applies the migrations to a graph, in their order, each recorded when it is done.

    Several instances may do so at the same time: each step comes to the same when it is repeated,
    and its record is made once.
    """

    def __init__(self, graph: Graph, migrations: Sequence[Migration]) -> None:
        self._graph = graph
        self._migrations = migrations
        self._statements = statements.load("read") | statements.load("write")

    async def apply(self) -> None:
        """Returns once the schema is in place; where it is, that takes two reads.

        Raises Unavailable where the graph has steps that are not ours, which leaves it untouched,
        where a step fails, and where an index is not in use.
        """
        state = await self.look()
        for migration in self._migrations:
            _require_none(state.unknown_steps())
            if state.is_due(migration):
                _require_none(state.obstacles(migration), migration)
                await self._apply(migration, state)
                state = await self.look()
        _require_none(state.unknown_steps())
        for migration in self._migrations:
            _require_none(state.faults(migration), migration)

    async def look(self) -> SchemaState:
        """What the graph has of the schema. Raises Unavailable."""
        records = await self._graph.run_admin(self._statements["schema_migrations"])
        indexes = await self._graph.run_admin(self._statements["schema_indexes"])
        return SchemaState(self._migrations, records, indexes)

    async def _apply(self, migration: Migration, state: SchemaState) -> None:
        index = migration.creates
        # What is there already is only recorded.
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


def _require_none(faults: list[str], migration: Migration | None = None) -> None:
    if faults:
        prefix = f"step {migration} of the schema: " if migration else ""
        raise Unavailable("; ".join(prefix + fault for fault in faults))
