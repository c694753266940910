"""Schema migrations: the numbered statements in `cypher/schema/` that make the graph's schema."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from app.graph import statements
from app.graph.statements import Statement

_FILE = re.compile(r"(\d{3})_(\w+)")
_CREATE = re.compile(
    r"CREATE (?:CONSTRAINT|INDEX) (\w+) IF NOT EXISTS FOR "
    r"(?:\(\w+:(\w+)\)|\(\)-\[\w+:(\w+)\]-\(\)) "
    r"(?:ON|REQUIRE) \(?(\w+\.\w+(?:, \w+\.\w+)*)\)?( IS UNIQUE)?"
)
_DROP = re.compile(r"DROP (?:CONSTRAINT|INDEX) (\w+) IF EXISTS")


class Index(Struct, frozen=True):
    """An index by these properties, of the nodes of one label or the relationships of one type.

    A unique index belongs to a constraint.
    """

    name: str
    label: str
    properties: tuple[str, ...]
    is_unique: bool
    of_relationships: bool = False

    @property
    def kind(self) -> str:
        """The entity and type of the index, as in `SHOW INDEXES`."""
        return "RELATIONSHIP RANGE" if self.of_relationships else "NODE RANGE"

    def __str__(self) -> str:
        return f"{self._command} on :{self.label}({', '.join(self.properties)})"

    def drop(self) -> str:
        """The Cypher command that drops the index or its constraint."""
        return f"DROP {self._command.upper()} {self.name}"

    @property
    def _command(self) -> str:
        return "constraint" if self.is_unique else "index"


class Migration(Struct, frozen=True):
    """A schema migration: its number and name, and the index that it creates or drops, if any.

    Until it is recorded, it may be interrupted, repeated, and run by several instances at once. So
    its statement must be idempotent. `CALL … IN TRANSACTIONS` bounds a change of data.
    """

    version: int
    name: str
    statement: Statement
    creates: Index | None = None
    drops: str | None = None

    @property
    def checksum(self) -> str:
        """The SHA-256 of its text as hexadecimal, without comments and line breaks."""
        return hashlib.sha256(_flat(self.statement).encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.version:03}_{self.name}"


def load() -> list[Migration]:
    """The migrations in `cypher/schema/`, in their order. Raises ValueError as `parse` does."""
    return parse(statements.load("schema").values())


def parse(sources: Iterable[Statement]) -> list[Migration]:
    """The migrations in statements, in the order of their numbers.

    Raises ValueError if a name has no number or the number of another one, or if a statement takes
    parameters or is a schema command of an unsupported form, such as one without IF NOT EXISTS.
    """
    migrations: dict[int, Migration] = {}
    for statement in sources:
        migration = _migration(statement)
        if other := migrations.get(migration.version):
            raise ValueError(f"two schema migrations have one number: {other}, {migration}")
        migrations[migration.version] = migration
    return [migrations[version] for version in sorted(migrations)]


def indexes(migrations: Sequence[Migration]) -> dict[str, Index]:
    """The indexes after all migrations are applied, by their names."""
    by_name: dict[str, Index] = {}
    for migration in migrations:
        if migration.drops:
            by_name.pop(migration.drops, None)
        if migration.creates:
            by_name[migration.creates.name] = migration.creates
    return by_name


def _migration(statement: Statement) -> Migration:
    numbered = _FILE.fullmatch(statement.name)
    if numbered is None:
        raise ValueError(f"a schema migration has no number such as 001_: {statement.name}")
    if statement.parameters:
        raise ValueError(f"a schema migration takes no parameters: {statement.name}")
    version, name = int(numbered[1]), numbered[2]
    text = _flat(statement)
    if created := _CREATE.fullmatch(text):
        index_name, label, type_, names, is_unique = created.groups()
        properties = tuple(name.split(".")[1] for name in names.split(", "))
        index = Index(index_name, label or type_, properties, bool(is_unique), type_ is not None)
        return Migration(version, name, statement, creates=index)
    if dropped := _DROP.fullmatch(text):
        return Migration(version, name, statement, drops=dropped[1])
    if re.match(r"(CREATE|DROP|ALTER) [A-Z]", text):
        raise ValueError(f"a schema migration is a command of another form: {statement.name}")
    return Migration(version, name, statement)


def _flat(statement: Statement) -> str:
    return " ".join(statement.text.split())
