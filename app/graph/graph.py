"""The graph: every statement that runs on Neo4j runs through here."""

import asyncio
import itertools
import random
from typing import Any

import structlog

from app.errors import NoAnswer, Unavailable
from app.graph import driver, statements
from app.graph.connection import Database
from app.graph.driver import Row
from app.graph.statements import Statement
from app.observability.metrics import Figures

DEADLINE = 10.0
SCHEMA_TIMEOUT = 600.0  # an index over data that is there already is built first
PLAN_TIMEOUT = 60.0  # seconds; a plan that is interrupted begins anew
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.5  # seconds between two attempts, at most

log = structlog.get_logger()


class Graph:
    """A Neo4j database, its statements called by the names of their files.

    Every call ends within `deadline` seconds, or by the deadline that it names, which is a time of
    the event loop. An attempt lasts until then, unless its connection is lost: a slow statement is
    never cut, and at the deadline the database stops it as well. What may pass (a lost connection,
    a deadlock, a lost race for a new key or with an erasure) is repeated in milliseconds; every
    statement is therefore written so that a repeat changes nothing more. A database that never
    answered and cannot be reached is not waited for. While `is_open` is false, reads and writes
    are refused at once, and nothing is repeated.
    """

    def __init__(
        self, database: Database, deadline: float = DEADLINE, figures: Figures | None = None
    ) -> None:
        self._figures = figures or Figures()
        self._deadline = deadline
        self._client = driver.Client(database, deadline)
        # To have an answer, and be ready, is to reach the leader.
        self._leader = driver.WRITE if database.is_routed else driver.READ
        self._reader = self._leader if database.reads == "leader" else driver.READ
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

    async def write(
        self, name: str, deadline: float | None = None, /, **parameters: Any
    ) -> list[Row]:
        """The rows of a statement in `cypher/write/`, committed. Raises Unavailable."""
        self._check_open()
        return await self._run(self._writes[name], driver.WRITE, parameters, deadline)

    async def prepare(
        self, statement: Statement, seconds: float | None = None, /, **parameters: Any
    ) -> list[Row]:
        """The rows of a statement that makes the graph ready, which is not open yet.

        It ends within so many seconds, or else within the deadline. Raises Unavailable, with what
        the database says.
        """
        deadline = self._deadline_after(seconds)
        try:
            return await self._run(statement, driver.WRITE, parameters, deadline)
        except driver.FAILURES as error:
            raise Unavailable(f"{statement.name}: {driver.describe(error)}") from error

    async def dry_run(
        self, statement: Statement, seconds: float | None = None, /, **parameters: Any
    ) -> Row | None:
        """Runs a statement in a transaction that is rolled back within so many seconds.

        A parameter that is not given is null. Returns the plan of a statement that begins with
        EXPLAIN. Raises PermissionError where the database refuses us, Unavailable where it does
        not answer or take the statement; each with what is said about it.
        """
        values = dict.fromkeys(statement.parameters) | parameters
        try:
            return await self._client.dry_run(statement.text, values, self._deadline_after(seconds))
        except ConnectionError as error:
            raise Unavailable(str(error)) from error

    async def plan_write(self) -> None:
        """Has the database plan the write, which takes it seconds after its own start."""
        nothing: Row = {parameter: {} for parameter in self._writes["ingest"].parameters}
        deadline = self._deadline_after(PLAN_TIMEOUT)
        await self._run(self._writes["ingest"], driver.WRITE, nothing, deadline)

    async def answer(self) -> None:
        """Returns if the database answers, or has answered within the deadline.

        Raises PermissionError where it refuses us, Unavailable where it does not answer; each with
        what is said about it.
        """
        try:
            await self._ask()
        except TimeoutError:
            # What waits for a slow statement can still have its answer.
            if not self._client.answered_within(self._deadline):
                raise NoAnswer() from None
        except driver.FAILURES as error:
            if driver.is_response(error) and self._client.answered_within(self._deadline):
                return  # of a busy database, or of a lockout, which lasts for five seconds
            kind = Unavailable if driver.may_pass(error) else PermissionError
            raise kind(driver.describe(error)) from error

    async def _ask(self) -> None:
        # No write is waited for: it is enough to be there.
        question = self._reads["schema"].text, self._leader, {}, self._deadline_after(), None
        try:
            await self._client.run_once(*question)
        except (driver.RenewedLogin, driver.LostConnection):
            await self._client.run_once(*question)

    def _check_open(self) -> None:
        if not self.is_open:
            raise Unavailable("the database is away")

    def _deadline_after(self, seconds: float | None = None) -> float:
        return asyncio.get_running_loop().time() + (seconds or self._deadline)

    async def _run(
        self, statement: Statement, access: str, parameters: Row, deadline: float | None = None
    ) -> list[Row]:
        if parameters.keys() != statement.parameters:
            raise TypeError(f"{statement.name} takes {sorted(statement.parameters)}")
        deadline = deadline or self._deadline_after()
        # One that began before a reconnect must not have those after it wait for what it wrote.
        call = statement.text, access, parameters, deadline, self._client.bookmarks
        try:
            async with asyncio.timeout_at(deadline):
                for number in itertools.count(1):
                    try:
                        return await self._client.run_once(*call)
                    except driver.FAILURES as error:
                        if not self._is_to_be_repeated(error):
                            raise
                        self._note_retry(statement, number, error)
                    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**number)
                    await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter
        except TimeoutError:
            raise NoAnswer() from None
        except driver.FAILURES as error:
            if (unavailable := self._translated(error, statement)) is None:
                raise
            raise unavailable from error
        raise AssertionError("it counts without end")

    def _is_to_be_repeated(self, error: BaseException) -> bool:
        return self.is_open and driver.may_pass(error) and not self._client.was_never_reached(error)

    def _translated(self, error: Exception, statement: Statement) -> Unavailable | None:
        """The error that a caller gets instead, or None for one that is a defect of ours."""
        if self._client.was_never_reached(error):
            return Unavailable(f"the database cannot be reached: {driver.describe(error)}")
        if driver.may_pass(error):
            return NoAnswer()
        if not driver.is_unusable(error):
            return None
        log.error("database_unusable", statement=statement.name, error=str(error))
        return Unavailable("the database cannot be used")

    def _note_retry(self, statement: Statement, attempt: int, error: Exception) -> None:
        self._figures.retried(driver.reason(error))
        log.warning(
            "statement_retried",
            statement=statement.name,
            attempt=attempt,
            error=getattr(error, "code", None) or type(error).__name__,
        )
