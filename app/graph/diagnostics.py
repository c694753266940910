"""The check of a database: its findings, and the action for each problem."""

import re
import time
from collections.abc import Container, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from app.errors import Unavailable
from app.graph import statements
from app.graph.graph import Graph
from app.graph.migrations.definitions import Migration
from app.graph.migrations.runner import Migrator
from app.graph.statements import Statement

OLDEST_NEO4J = (5, 26)  # the first Neo4j with every clause that the statements use
MAX_CLOCK_SKEW_SECONDS = 5.0  # the database sets when API keys expire, the service checks it
_SCANS = ("AllNodesScan", "NodeByLabelScan", "IntersectionNodeByLabelsScan")
_ACCESS = ("read", "write", "schema")


class Finding(Struct, frozen=True):
    """The result of one check. If it is wrong, the text also has the action."""

    subject: str
    text: str
    is_ok: bool = True

    def __str__(self) -> str:
        return f"{'ok' if self.is_ok else 'wrong':7}{self.subject:42}{' '.join(self.text.split())}"


class Check:
    """Checks a database without changing it: each trial write is rolled back.

    `may_scan` are the names of statements whose index is not part of the schema.
    """

    def __init__(
        self,
        graph: Graph,
        migrator: Migrator,
        migrations: Sequence[Migration],
        may_scan: Container[str] = (),
    ) -> None:
        self._graph = graph
        self._migrator = migrator
        self._migrations = migrations
        self._may_scan = may_scan
        self._probes = statements.load("check")

    async def findings(self) -> list[Finding]:
        """Every finding, in the order in which to fix the problems."""
        try:
            await self._graph.dry_run(self._probes["server"])
        except PermissionError as error:
            hint = "see NEO4J_USERNAME and NEO4J_PASSWORD, or the file with the password or token"
            return [wrong("login", f"{error} ({hint})")]
        except Unavailable as error:
            return [wrong("database", f"{error} (see NEO4J_URI and NEO4J_DATABASE)")]
        return [
            Finding("database", "responds"),
            await self._version(),
            await self._clock(),
            *[await self._right(access) for access in _ACCESS],
            *await self._schema(),
            *[
                await self._plan(access, statement)
                for access in _ACCESS
                for statement in statements.load(access).values()
            ],
        ]

    async def _version(self) -> Finding:
        components = await self._graph.run_admin(self._probes["server"])
        kernel = next(row for row in components if row["name"] == "Neo4j Kernel")
        return version(kernel["versions"][0], kernel["edition"])

    async def _clock(self) -> Finding:
        sent_at = time.time()
        try:
            (row,) = await self._graph.run_admin(self._probes["clock"])
        except Unavailable as error:
            return wrong("clock", str(error))
        return clock(row["now"] / 1000, sent_at, time.time())

    async def _right(self, access: str) -> Finding:
        subject = f"right to {'change the schema' if access == 'schema' else access}"
        try:
            await self._graph.dry_run(self._probes[access])
        except (PermissionError, Unavailable) as error:
            return wrong(subject, f"{error} (grant this right to the user in NEO4J_USERNAME)")
        return Finding(subject, "granted")

    async def _schema(self) -> list[Finding]:
        try:
            state = await self._migrator.look()
        except Unavailable as error:
            return [wrong("schema", f"cannot be read: {error}")]
        findings = [wrong("schema", unknown) for unknown in state.unknown_migrations()]
        for migration in self._migrations:
            problems = state.problems(migration)
            subject = f"migration {migration}"
            findings += [wrong(subject, problem) for problem in problems]
            findings += [] if problems else [Finding(subject, "applied")]
        return findings

    async def _plan(self, access: str, statement: Statement) -> Finding:
        subject = f"{access}/{statement.name}"
        explained = msgspec.structs.replace(statement, text=f"EXPLAIN {statement.text}")
        try:
            plan = await self._graph.dry_run(explained)
        except (PermissionError, Unavailable) as error:
            return wrong(subject, f"rejected by this database: {error}")
        scans = sorted({name for name in _operators(plan or {}) if name in _SCANS})
        if scans and statement.name not in self._may_scan:
            text = f"scans every node ({', '.join(scans)}): fix the schema findings above"
            return wrong(subject, text)
        return Finding(subject, "planned")


def version(text: str, edition: str) -> Finding:
    """Whether this version of Neo4j is supported. Every edition is."""
    numbers = re.match(r"(\d+)\.(\d+)", text)
    product = f"Neo4j {text} {edition}"
    if numbers and (int(numbers[1]), int(numbers[2])) >= OLDEST_NEO4J:
        return Finding("version", product)
    return wrong(
        "version", f"{product}: upgrade to Neo4j {OLDEST_NEO4J[0]}.{OLDEST_NEO4J[1]} or newer"
    )


def clock(database_time: float, sent_at: float, received_at: float) -> Finding:
    """Whether the clocks of the database and of the service agree.

    `database_time` is the database's time. `sent_at` and `received_at` are the service's times
    before and after the query. Each is in seconds since 1970.
    """
    skew = database_time - min(max(database_time, sent_at), received_at)
    if abs(skew) <= MAX_CLOCK_SKEW_SECONDS:
        return Finding("clock", "agrees with the clock of the database")
    ahead = "ahead of" if skew > 0 else "behind"
    return wrong(
        "clock", f"the database is {abs(skew):.0f} s {ahead} the service: synchronise both by NTP"
    )


def wrong(subject: str, text: str) -> Finding:
    """The finding of a problem. The text has the reason and the action."""
    return Finding(subject, text, is_ok=False)


def _operators(plan: dict[str, Any]) -> Iterator[str]:
    if plan:
        yield plan["operatorType"].partition("@")[0]
    for child in plan.get("children", []):
        yield from _operators(child)
