"""The check: what is wrong with a database, and what to do about it."""

import re
import time
from collections.abc import Iterator, Sequence
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
MAX_CLOCK_SKEW_SECONDS = 5.0  # API keys expire by the database's clock and are checked by ours
_SCANS = ("AllNodesScan", "NodeByLabelScan", "IntersectionNodeByLabelsScan")
_ACCESS = ("read", "write", "schema")


class Finding(Struct, frozen=True):
    """The result of one check; if something is wrong, the text says what to do as well."""

    subject: str
    text: str
    is_ok: bool = True

    def __str__(self) -> str:
        return f"{'ok' if self.is_ok else 'wrong':7}{self.subject:38}{' '.join(self.text.split())}"


class Check:
    """Looks at a database and changes nothing: what it tries, it rolls back."""

    def __init__(self, graph: Graph, migrator: Migrator, migrations: Sequence[Migration]) -> None:
        self._graph = graph
        self._migrator = migrator
        self._migrations = migrations
        self._probes = statements.load("check")

    async def findings(self) -> list[Finding]:
        """Every finding, in the order in which to mend what is wrong."""
        try:
            await self._graph.dry_run(self._probes["server"])
        except PermissionError as error:
            hint = "see NEO4J_USERNAME and NEO4J_PASSWORD, or the file that has it or a token"
            return [wrong("login", f"{error} ({hint})")]
        except Unavailable as error:
            return [wrong("database", f"{error} (see NEO4J_URI and NEO4J_DATABASE)")]
        return [
            Finding("database", "answers"),
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
            return wrong(subject, f"{error} (grant it to the user in NEO4J_USERNAME)")
        return Finding(subject, "granted")

    async def _schema(self) -> list[Finding]:
        try:
            state = await self._migrator.look()
        except Unavailable as error:
            return [wrong("schema", f"cannot be read: {error}")]
        findings = [wrong("schema", step) for step in state.unknown_steps()]
        for migration in self._migrations:
            faults = state.faults(migration)
            subject = f"step {migration}"
            findings += [wrong(subject, fault) for fault in faults]
            findings += [] if faults else [Finding(subject, "applied")]
        return findings

    async def _plan(self, access: str, statement: Statement) -> Finding:
        subject = f"{access}/{statement.name}"
        explained = msgspec.structs.replace(statement, text=f"EXPLAIN {statement.text}")
        try:
            plan = await self._graph.dry_run(explained)
        except (PermissionError, Unavailable) as error:
            return wrong(subject, f"not taken by this database: {error}")
        scans = sorted({name for name in _operators(plan or {}) if name in _SCANS})
        if scans:
            text = f"would look at every node ({', '.join(scans)}): see the schema above"
            return wrong(subject, text)
        return Finding(subject, "planned")


def version(text: str, edition: str) -> Finding:
    """Whether a Neo4j of this version and edition will do; every edition does."""
    numbers = re.match(r"(\d+)\.(\d+)", text)
    product = f"Neo4j {text} {edition}"
    if numbers and (int(numbers[1]), int(numbers[2])) >= OLDEST_NEO4J:
        return Finding("version", product)
    return wrong(
        "version", f"{product}: Neo4j {OLDEST_NEO4J[0]}.{OLDEST_NEO4J[1]} or newer is needed"
    )


def clock(database_time: float, sent_at: float, received_at: float) -> Finding:
    """Whether the database's clock and ours agree.

    `database_time` is the database's, the others are ours before and after; each in seconds since
    1970.
    """
    skew = database_time - min(max(database_time, sent_at), received_at)
    if abs(skew) <= MAX_CLOCK_SKEW_SECONDS:
        return Finding("clock", "agrees with the database's")
    ahead = "ahead of" if skew > 0 else "behind"
    return wrong("clock", f"the database's is {abs(skew):.0f} s {ahead} ours: set them by NTP")


def wrong(subject: str, text: str) -> Finding:
    """What is wrong with a subject, and what to do about it."""
    return Finding(subject, text, is_ok=False)


def _operators(plan: dict[str, Any]) -> Iterator[str]:
    if plan:
        yield plan["operatorType"].partition("@")[0]
    for child in plan.get("children", []):
        yield from _operators(child)
