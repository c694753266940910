"""The migrator: brings the schema of a graph to the one of this version of the service."""

from collections.abc import Sequence

import structlog

from app.errors import Unavailable
from app.graph import statements
from app.graph.graph import SCHEMA_TIMEOUT, Graph
from app.graph.migrations.state import SchemaState
from app.graph.migrations.steps import Migration

POPULATION = 10  # seconds to wait for a new index; one over much data takes longer

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
            _refuse(state.strangers())
            if state.is_due(migration):
                _refuse(state.obstacles(migration), migration)
                await self._apply(migration, state)
                state = await self.look()
        _refuse(state.strangers())
        for migration in self._migrations:
            _refuse(state.faults(migration), migration)

    async def look(self) -> SchemaState:
        """What the graph has of the schema. Raises Unavailable."""
        records = await self._graph.prepare(self._statements["schema_migrations"])
        indexes = await self._graph.prepare(self._statements["schema"])
        return SchemaState(self._migrations, records, indexes)

    async def _apply(self, migration: Migration, state: SchemaState) -> None:
        index = migration.creates
        # What is there already is only recorded.
        is_there = index is not None and state.has(index)
        if not is_there:
            await self._graph.prepare(migration.statement, SCHEMA_TIMEOUT)
        if index and not is_there:
            awaiting = self._statements["await_index"]
            await self._graph.prepare(awaiting, SCHEMA_TIMEOUT, name=index.name, seconds=POPULATION)
        if not state.is_recorded(migration):
            await self._graph.prepare(
                self._statements["record_schema_migration"],
                version=migration.version,
                name=migration.name,
                checksum=migration.checksum,
            )
        log.info("migration_applied", migration=str(migration), was_there=is_there)


def _refuse(faults: list[str], of: Migration | None = None) -> None:
    if faults:
        raise Unavailable(
            "; ".join(f"step {of} of the schema: {each}" if of else each for each in faults)
        )
