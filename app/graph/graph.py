"""The graph: all statements run on Neo4j through this class."""

import asyncio
from collections.abc import Sequence
from typing import Any

from app.errors import DatabaseTimeout, Unavailable
from app.graph import statements
from app.graph.bolt.client import READ, WRITE, Client, Row
from app.graph.bolt.errors import (
    DRIVER_ERRORS,
    CredentialsReloaded,
    LostConnection,
    describe_error,
    is_busy,
    is_transient,
)
from app.graph.connection import Database
from app.graph.statement_runner import StatementRunner
from app.graph.statements import Statement
from app.observability.metrics import Metrics

CALL_TIMEOUT_SECONDS = 10.0
BULK_TIMEOUT_SECONDS = 60.0  # of an import: no client waits, and a slow disk is not an outage
SCHEMA_TIMEOUT_SECONDS = 600.0  # a new index is first built over the existing data
PLAN_TIMEOUT_SECONDS = 60.0  # an interrupted plan starts from the beginning


class Graph:
    """A Neo4j database, its statements called by the names of their files.

    Every call ends within `call_timeout` seconds, or by the deadline that it names, which is a time
    of the event loop. Nothing interrupts a slow statement earlier; at the deadline the database
    stops it, too. Statements with transient errors are retried. A disabled graph rejects reads and
    writes at once.
    """

    def __init__(
        self,
        database: Database,
        call_timeout: float = CALL_TIMEOUT_SECONDS,
        metrics: Metrics | None = None,
    ) -> None:
        self._call_timeout = call_timeout
        self._client = Client(database, call_timeout)
        self._runner = StatementRunner(self._client, metrics or Metrics())
        # The graph is ready once the leader responds.
        self._leader = WRITE if database.is_routed else READ
        self._reader = self._leader if database.reads == "leader" else READ
        self._reads = statements.load("read")
        self._writes = statements.load("write")
        self._is_enabled = True

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.close()

    @property
    def is_enabled(self) -> bool:
        """Whether reads and writes are accepted."""
        return self._is_enabled

    def enable(self) -> None:
        """Accepts reads and writes from now on."""
        self._is_enabled = self._runner.repeats = True

    def disable(self) -> None:
        """Rejects reads and writes from now on. Running ones are not retried."""
        self._is_enabled = self._runner.repeats = False

    async def reconnect(self) -> None:
        """Uses new connections: some of the old ones may be dead without an error so far.

        Later calls wait for no earlier write, because the database may be an older copy.
        """
        await self._client.reconnect()

    async def reload_credentials(self) -> None:
        """Uses the new password of the file, if there is one and the database expects it."""
        await self._client.reload_credentials()

    async def read(self, name: str, /, **parameters: Any) -> list[Row]:
        """The rows of a statement in `cypher/read/`. Raises Unavailable."""
        self._require_enabled()
        return await self._runner.run(
            self._reads[name], self._reader, parameters, self._deadline_after()
        )

    async def write(
        self, name: str, deadline: float | None = None, /, **parameters: Any
    ) -> list[Row]:
        """The rows of a statement in `cypher/write/`, committed. Raises Unavailable."""
        self._require_enabled()
        return await self._runner.run(
            self._writes[name], WRITE, parameters, deadline or self._deadline_after()
        )

    async def write_together(
        self, parts: Sequence[tuple[str, Row]], deadline: float | None = None
    ) -> list[list[Row]]:
        """The rows of statements in `cypher/write/`, each by its name and parameters.

        They are committed in one transaction, or none is. Raises Unavailable.
        """
        self._require_enabled()
        named = [(self._writes[name], parameters) for name, parameters in parts]
        return await self._runner.run_together(named, WRITE, deadline or self._deadline_after())

    async def preview(
        self,
        writes: Sequence[tuple[str, Row]],
        reads: Sequence[tuple[str, Row]],
        deadline: float | None = None,
    ) -> tuple[list[list[Row]], list[list[Row]]]:
        """The rows of writes, and of reads that see them, in a transaction that is rolled back.

        Raises Unavailable.
        """
        self._require_enabled()
        named = [(self._writes[name], parameters) for name, parameters in writes]
        named += [(self._reads[name], parameters) for name, parameters in reads]
        deadline = deadline or self._deadline_after()
        rows = await self._runner.run_together(named, WRITE, deadline, is_dry=True)
        return rows[: len(writes)], rows[len(writes) :]

    async def run_admin(
        self, statement: Statement, seconds: float | None = None, /, **parameters: Any
    ) -> list[Row]:
        """The rows of a statement that inspects or prepares the graph, which may be disabled.

        It ends within `seconds`, by default within the timeout of a call. Raises Unavailable with
        the database's description of the error.
        """
        deadline = self._deadline_after(seconds)
        try:
            return await self._runner.run(statement, WRITE, parameters, deadline)
        except DRIVER_ERRORS as error:
            raise Unavailable(f"{statement.name}: {describe_error(error)}") from error

    async def dry_run(
        self, statement: Statement, seconds: float | None = None, /, **parameters: Any
    ) -> Row | None:
        """Runs a statement in a transaction that is rolled back within `seconds`.

        A missing parameter is null. Returns the plan of a statement that begins with EXPLAIN.
        Raises PermissionError if the database rejects the login, Unavailable if it does not respond
        or rejects the statement; each with a description of the error.
        """
        values = dict.fromkeys(statement.parameters) | parameters
        try:
            return await self._client.dry_run(statement.text, values, self._deadline_after(seconds))
        except ConnectionError as error:
            raise Unavailable(str(error)) from error

    async def plan_write(self) -> None:
        """Has the database plan the write, which takes seconds after the database starts."""
        statement = self._writes["ingest"]
        no_events: Row = {parameter: {} for parameter in statement.parameters}
        deadline = self._deadline_after(PLAN_TIMEOUT_SECONDS)
        await self._runner.run(statement, WRITE, no_events, deadline)

    async def ping(self) -> None:
        """Returns if the database responds, or has responded within the timeout of a call.

        Raises PermissionError if it rejects the login, Unavailable if it does not respond; each
        with a description of the error.
        """
        try:
            await self._ping_once()
        except TimeoutError:
            # A call that waits for a slow statement can still succeed.
            if not self._client.responded_within(self._call_timeout):
                raise DatabaseTimeout() from None
        except DRIVER_ERRORS as error:
            if is_busy(error) and self._client.responded_within(self._call_timeout):
                return  # a lockout lasts for five seconds
            kind = Unavailable if is_transient(error) else PermissionError
            raise kind(describe_error(error)) from error

    async def _ping_once(self) -> None:
        # Without bookmarks: it waits for no write.
        calls = [(self._reads["schema_indexes"].text, {})]
        call = calls, self._leader, self._deadline_after(), None
        try:
            await self._client.run_once(*call)
        except (CredentialsReloaded, LostConnection):
            await self._client.run_once(*call)

    def _require_enabled(self) -> None:
        if not self._is_enabled:
            raise Unavailable("The database is unavailable. Retry after 1 s.")

    def _deadline_after(self, seconds: float | None = None) -> float:
        return asyncio.get_running_loop().time() + (seconds or self._call_timeout)
