"""The state of the schema: the records and indexes of a graph, compared with the migrations."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from app.graph.migrations import definitions
from app.graph.migrations.definitions import Index, Migration


class Record(Struct, frozen=True):
    """The graph's record of an applied migration."""

    version: int
    name: str
    checksum: str


class ExistingIndex(Struct, frozen=True):
    """An index that the graph has, and whether it is ONLINE, POPULATING or FAILED."""

    index: Index
    state: str
    kind: str

    def matches(self, expected: Index) -> bool:
        """Whether it is equivalent to the expected index; names may differ."""
        actual = (self.kind, self.index.label, self.index.properties, self.index.is_unique)
        return actual == (expected.kind, expected.label, expected.properties, expected.is_unique)


class SchemaState:
    """The schema of a graph, from the rows of `schema_migrations` and `schema_indexes`."""

    def __init__(
        self,
        migrations: Sequence[Migration],
        records: list[dict[str, Any]],
        indexes: list[dict[str, Any]],
    ) -> None:
        self._known = {migration.version: migration for migration in migrations}
        self._expected = definitions.indexes(migrations)
        self._records = {row["version"]: Record(**row) for row in records}
        self._existing = [_existing_index(row) for row in indexes]

    def unknown_migrations(self) -> list[str]:
        """A text for each migration that the graph records and this version does not have."""
        return [
            f"the graph has the schema migration {record.version:03}_{record.name}, "
            + ("with another text" if record.version in self._known else "unknown to this version")
            + ": start the version of the service that applied it"
            for record in self._records.values()
            if not self._is_ours(record)
        ]

    def is_recorded(self, migration: Migration) -> bool:
        """Whether the graph records the migration as applied."""
        return migration.version in self._records

    def is_due(self, migration: Migration) -> bool:
        """Whether to apply the migration: it never was, or its index was dropped."""
        index = migration.creates
        return not self.is_recorded(migration) or (
            index is not None and self._is_expected(index) and self._is_missing(index)
        )

    def has(self, index: Index) -> bool:
        """Whether the graph has an equivalent index, online or not."""
        return any(existing.matches(index) for existing in self._existing)

    def obstacles(self, migration: Migration) -> list[str]:
        """The problems that prevent a migration: another index has the name of its index."""
        index = migration.creates
        if index is None or self.has(index) or self._is_missing(index) or self._is_begun(index):
            return []
        return self.problems(migration) if self._is_expected(index) else []

    def problems(self, migration: Migration) -> list[str]:
        """The problems with a migration, each with its action."""
        index = migration.creates
        problem = self._problem_of(index) if index and self._is_expected(index) else None
        if problem is None and not self.is_recorded(migration):
            problem = "not applied: start the service, which applies it"
        return [problem] if problem else []

    def _is_ours(self, record: Record) -> bool:
        known = self._known.get(record.version)
        return known is not None and known.checksum == record.checksum

    def _is_expected(self, index: Index) -> bool:
        return self._expected.get(index.name) == index

    def _is_missing(self, index: Index) -> bool:
        return not self.has(index) and index.name not in {
            existing.index.name for existing in self._existing
        }

    def _is_begun(self, index: Index) -> bool:
        # Another instance is creating the constraint: its index exists before the constraint does.
        return index.is_unique and any(
            (existing.index.name, existing.index.label, existing.index.properties)
            == (index.name, index.label, index.properties)
            for existing in self._existing
        )

    def _problem_of(self, index: Index) -> str | None:
        states = {existing.state for existing in self._existing if existing.matches(index)}
        if "ONLINE" in states:
            return None
        if "FAILED" in states:
            return f"the {index} has FAILED: see Neo4j's log, run {index.drop()}, start the service"
        if states:
            return f"the {index} is {', '.join(sorted(states))}: wait until it is ONLINE"
        for existing in self._existing:
            if existing.index.name == index.name:
                return (
                    f"the name {index.name} belongs to another {existing.index}: "
                    f"run {existing.index.drop()}, start the service"
                )
        return f"the {index} is missing: start the service, which creates it"


def _existing_index(row: dict[str, Any]) -> ExistingIndex:
    label = ":".join(row["labels"] or [])
    index = Index(row["name"], label, tuple(row["properties"] or []), row["isUnique"])
    return ExistingIndex(index, row["state"], row["kind"])
