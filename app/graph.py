"""The graph: every statement that runs on Neo4j runs through here."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from app import bolt, statements
from app.bolt import Row
from app.database import Database
from app.errors import NoAnswer, Unavailable
from app.figures import Figures
from app.statements import Statement

DEADLINE = 10.0
SCHEMA_TIMEOUT = 600.0  # an index over data that is there already is built first
ANSWER_TIMEOUT = 2.0
PATIENCE = 5.0

Attempt = Callable[[], Awaitable[list[Row]]]

log = structlog.get_logger()


class Graph:
    """A Neo4j database, its statements called by the names of their files.

    Every call ends within `deadline` seconds. What may pass (a lost connection, one that does not
    answer, a deadlock, a lost race for a new key or with an erasure) is repeated in milliseconds
    until then; every statement is therefore written so that a repeat changes nothing more. A
    database that never answered and cannot be reached is not waited for. While `is_open` is false,
    reads and writes are refused at once, and nothing is repeated.
    """

    def __init__(
        self, database: Database, deadline: float = DEADLINE, figures: Figures | None = None
    ) -> None:
        self._figures = figures or Figures()
        self._deadline = deadline
        self._client = bolt.Client(database, deadline)
        # To have an answer, and be ready, is to reach the leader.
        self._leader = bolt.WRITE if database.is_routed else bolt.READ
        self._reader = self._leader if database.reads == "leader" else bolt.READ
        self._reads = statements.load("read")
        self._writes = statements.load("write")
        self.is_open = True

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.close()

    async def reconnect(self) -> None:
        """Leaves every connection behind: some may be dead without having been told.

        What was written before is no longer waited for: the database may be an older copy.
        """
        await self._client.reconnect()

    async def renew_login(self) -> None:
        """Takes up the password that is in the file by now, once the database wants it."""
        await self._client.renew_login()

    async def read(self, name: str, /, **parameters: Any) -> list[Row]:
        """The rows of a statement in `cypher/read/`. Raises Unavailable."""
        self._check_open()
        return await self._run(self._reads[name], self._reader, parameters)

    async def write(self, name: str, /, **parameters: Any) -> list[Row]:
        """The rows of a statement in `cypher/write/`, committed. Raises Unavailable."""
        self._check_open()
        return await self._run(self._writes[name], bolt.WRITE, parameters)

    async def prepare(
        self, statement: Statement, within: float | None = None, /, **parameters: Any
    ) -> list[Row]:
        """The rows of a statement that makes the graph ready, which is not open yet.

        It ends within so many seconds, or else within the deadline. Raises Unavailable, with what
        the database says.
        """
        try:
            return await self._run(statement, bolt.WRITE, parameters, within)
        except bolt.FAILURES as error:
            raise Unavailable(f"{statement.name}: {bolt.said(error)}") from error

    async def rehearse(self, statement: Statement) -> Row | None:
        """Runs a statement in a transaction that is rolled back, with nothing for parameters.

        Returns the plan of one that begins with EXPLAIN. Raises PermissionError where the database
        refuses us, Unavailable where it does not answer or take the statement; each with what is
        said about it.
        """
        try:
            return await self._client.rehearse(statement.text, dict.fromkeys(statement.parameters))
        except ConnectionError as error:
            raise Unavailable(str(error)) from error

    async def warm_up(self) -> None:
        """Lets the database plan the write, so that its first caller need not wait for that."""
        nothing: Row = {parameter: {} for parameter in self._writes["ingest"].parameters}
        # A database that has just started takes seconds to plan, and starts anew if interrupted.
        await self._run(self._writes["ingest"], bolt.WRITE, nothing, self._deadline)

    async def answer(self) -> None:
        """Returns if the database answers within two seconds, or is busy with writes.

        Raises PermissionError where it refuses us, Unavailable where it does not answer; each with
        what is said about it.
        """
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._ask()
        except TimeoutError:
            if not self._client.answered_within(PATIENCE):
                raise NoAnswer() from None
        except bolt.FAILURES as error:
            if bolt.is_locked_out(error) and self._client.answered_within(self._deadline):
                return  # which lasts for five seconds: whoever calls waits for as long
            kind = Unavailable if bolt.may_pass(error) else PermissionError
            raise kind(bolt.said(error)) from error

    async def _ask(self) -> None:
        # No write is waited for: it is enough to be there.
        question = self._reads["schema"].text, self._leader, {}, self._deadline, None
        try:
            await self._client.attempt(*question)
        except bolt.RenewedLogin:
            await self._client.attempt(*question)

    def _check_open(self) -> None:
        if not self.is_open:
            raise Unavailable("the database is away")

    async def _run(
        self, statement: Statement, access: str, parameters: Row, within: float | None = None
    ) -> list[Row]:
        if parameters.keys() != statement.parameters:
            raise TypeError(f"{statement.name} takes {sorted(statement.parameters)}")
        # Half of the deadline leaves time for an attempt on a new connection.
        patience = within or self._deadline / 2
        # One that began before a reconnect must not have those after it wait for what it wrote.
        bookmarks = self._client.bookmarks
        attempt = partial(
            self._client.attempt, statement.text, access, parameters, patience, bookmarks
        )
        try:
            async with asyncio.timeout(within or self._deadline):
                try:
                    return await attempt()
                except bolt.FAILURES as error:
                    # Not before: what repeats would be a tenth of a lone write's own CPU.
                    return await self._attempts(statement)(_failed(error, attempt))
        except TimeoutError:
            raise NoAnswer() from None
        except bolt.FAILURES as error:
            if self._client.was_never_reached(error):
                message = f"the database cannot be reached: {bolt.said(error)}"
                raise Unavailable(message) from error
            if bolt.may_pass(error):
                raise NoAnswer() from error
            if not bolt.is_unusable(error):
                raise
            log.error("database_unusable", statement=statement.name, error=str(error))
            raise Unavailable("the database cannot be used") from error

    def _attempts(self, statement: Statement) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(self._is_to_be_repeated),
            wait=wait_random_exponential(multiplier=0.005, max=0.5),
            stop=stop_after_delay(self._deadline),
            before_sleep=lambda state: self._retry(statement, state),
            reraise=True,
        )

    def _is_to_be_repeated(self, error: BaseException) -> bool:
        return self.is_open and bolt.may_pass(error) and not self._client.was_never_reached(error)

    def _retry(self, statement: Statement, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._figures.retried(bolt.reason(error))
        log.warning(
            "statement_retried",
            statement=statement.name,
            attempt=state.attempt_number,
            error=getattr(error, "code", None) or type(error).__name__,
        )


def _failed(error: Exception, attempt: Attempt) -> Attempt:
    """An attempt whose first time has failed already."""
    first = [error]

    async def again() -> list[Row]:
        if first:
            raise first.pop()
        return await attempt()

    return again
