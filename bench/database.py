"""The database: an embedded Neo4j for the benchmark alone."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neo4j import AsyncDriver, AsyncGraphDatabase

from app.graph.embedded.connection import Connection
from app.graph.embedded.supervisor import EmbeddedNeo4j

HEAP_MB = 1024
NAME = "neo4j"


@dataclass(frozen=True)
class Database:
    """A Neo4j that runs for the benchmark alone, in `home`."""

    connection: Connection
    pid: int
    home: Path

    def environment(self) -> dict[str, str]:
        """The environment variables that connect a program to it."""
        return {
            "NEO4J_URI": self.connection.uri,
            "NEO4J_USERNAME": self.connection.username,
            "NEO4J_PASSWORD": self.connection.password,
        }

    def driver(self) -> AsyncDriver:
        """A driver with the configuration of the service's driver."""
        return AsyncGraphDatabase.driver(
            self.connection.uri,
            auth=(self.connection.username, self.connection.password),
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    """A directory for a database, which is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="waypath-bench-") as path:
        yield Path(path)


@contextlib.contextmanager
def started(home: Path) -> Iterator[Database]:
    """Neo4j on the data in `home`, which is a new database at first."""
    neo4j = EmbeddedNeo4j(home / "neo4j", heap_mb=HEAP_MB)
    with neo4j as connection:
        if neo4j.pid is None:
            raise RuntimeError("Neo4j ended as soon as it had started")
        yield Database(connection, neo4j.pid, home)
