"""The database: an embedded Neo4j in a temporary home, with the service's schema."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from neo4j import AsyncDriver, AsyncGraphDatabase

from app.graph import statements
from app.graph.embedded.connection import Connection
from app.graph.embedded.supervisor import EmbeddedNeo4j
from bench import workload

HEAP_MB = 1024
NAME = "neo4j"


@dataclass(frozen=True)
class Database:
    """A Neo4j that runs for the benchmark alone, in `home`."""

    connection: Connection
    pid: int
    home: Path

    @property
    def query_api(self) -> str:
        """The URL of Neo4j's Query API."""
        return urljoin(self.connection.browser, f"/db/{NAME}/query/v2")

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
def started() -> Iterator[Database]:
    """A new, empty database, which is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="waypath-bench-") as directory:
        neo4j = EmbeddedNeo4j(Path(directory) / "neo4j", heap_mb=HEAP_MB)
        with neo4j as connection:
            if neo4j.pid is None:
                raise RuntimeError("Neo4j ended as soon as it had started")
            yield Database(connection, neo4j.pid, Path(directory))


def prepare(database: Database) -> list[str]:
    """Creates the schema and the known customers. Returns their IDs."""
    return asyncio.run(_prepare(database))


async def _prepare(database: Database) -> list[str]:
    async with database.driver() as driver:
        for statement in statements.load("schema").values():
            await _run(driver, statement.text)
        await _run(driver, "CALL db.awaitIndexes(60)")
        ingest = statements.load("write")["ingest"].text
        for events in workload.known_customers():
            await _run(driver, ingest, **await workload.parameters(events))
        rows = await _run(driver, "MATCH (customer:Customer) RETURN customer.id")
        return [row[0] for row in rows]


async def _run(driver: AsyncDriver, statement: str, **parameters: Any) -> list[list[Any]]:
    text: Any = statement
    async with driver.session(database=NAME) as session:
        return await (await session.run(text, parameters)).values()
