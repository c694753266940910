"""The state of the schema: what a graph has of it, against the migrations that make it."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from app.graph.migrations import definitions
from app.graph.migrations.definitions import Index, Migration


class Record(Struct, frozen=True):
    """That a migration was applied, as the graph has it."""

    version: int
    name: str
    checksum: str


class ExistingIndex(Struct, frozen=True):
    """An index that the graph has, and whether it is ONLINE, POPULATING or FAILED."""

    index: Index
    state: str
    kind: str

    def matches(self, expected: Index) -> bool:
        """Whether it does what the expected index does, whatever its name."""
        actual = (self.kind, self.index.label, self.index.properties, self.index.is_unique)
        return actual == (expected.kind, expected.label, expected.properties, expected.is_unique)


class SchemaState:
    """What a graph has of its schema: the rows of `schema_migrations` and `schema_indexes`."""

    def __init__(
        self,
        migrations: Sequence[Migration],
        records: list[dict[str, Any]],
        indexes: list[dict[str, Any]],
    ) -> None:
        self._steps = {migration.version: migration for migration in migrations}
        self._expected = definitions.indexes(migrations)
        self._records = {row["version"]: Record(**row) for row in records}
        self._existing = [_existing_index(row) for row in indexes]

    def unknown_steps(self) -> list[str]:
        """The steps that the graph records and this version does not have, each as a text."""
        return [
            f"the graph has step {record.version:03}_{record.name} of its schema, "
            + ("with another text" if record.version in self._steps else "which is unknown here")
            + ": start the version of the service that made it"
            for record in self._records.values()
            if not self._is_ours(record)
        ]

    def is_recorded(self, migration: Migration) -> bool:
        """Whether it was applied."""
        return migration.version in self._records

    def is_due(self, migration: Migration) -> bool:
        """Whether it is to be applied: it never was, or somebody dropped what it made."""
        index = migration.creates
        return not self.is_recorded(migration) or (
            index is not None and self._is_expected(index) and self._is_missing(index)
        )

    def has(self, index: Index) -> bool:
        """Whether there is such an index, in use or not yet."""
        return any(existing.matches(index) for existing in self._existing)

    def obstacles(self, migration: Migration) -> list[str]:
        """What keeps a migration from being applied: another index has the name of its own."""
        index = migration.creates
        if index is None or self.has(index) or self._is_missing(index) or self._is_begun(index):
            return []
        return self.faults(migration) if self._is_expected(index) else []

    def faults(self, migration: Migration) -> list[str]:
        """What is wrong with a migration, and what to do about it."""
        index = migration.creates
        fault = self._fault_of(index) if index and self._is_expected(index) else None
        if fault is None and not self.is_recorded(migration):
            fault = "not applied: start the service, which does it"
        return [fault] if fault else []

    def _is_ours(self, record: Record) -> bool:
        known = self._steps.get(record.version)
        return known is not None and known.checksum == record.checksum

    def _is_expected(self, index: Index) -> bool:
        return self._expected.get(index.name) == index

    def _is_missing(self, index: Index) -> bool:
        return not self.has(index) and index.name not in {
            existing.index.name for existing in self._existing
        }

    def _is_begun(self, index: Index) -> bool:
        # Another instance creates a constraint now: its index is there before it is.
        return index.is_unique and any(
            (existing.index.name, existing.index.label, existing.index.properties)
            == (index.name, index.label, index.properties)
            for existing in self._existing
        )

    def _fault_of(self, index: Index) -> str | None:
        states = {existing.state for existing in self._existing if existing.matches(index)}
        if "ONLINE" in states:
            return None
        if "FAILED" in states:
            return f"the {index} has FAILED: see Neo4j's log, {index.drop()}, start the service"
        if states:
            return f"the {index} is {', '.join(sorted(states))}: wait until it is ONLINE"
        for existing in self._existing:
            if existing.index.name == index.name:
                return (
                    f"the name {index.name} is that of another {existing.index}: "
                    f"{existing.index.drop()}, and start the service"
                )
        return f"the {index} is missing: start the service, which creates it"


def _existing_index(row: dict[str, Any]) -> ExistingIndex:
    label = ":".join(row["labels"] or [])
    index = Index(row["name"], label, tuple(row["properties"] or []), row["isUnique"])
    return ExistingIndex(index, row["state"], row["kind"])
