"""The graph: every statement that runs on Neo4j runs through here."""

import asyncio
import math
import random
import time
from typing import Any

import structlog
from neo4j import READ_ACCESS, WRITE_ACCESS, Query
from neo4j.api import AsyncBookmarkManager
from neo4j.exceptions import AuthError, DriverError, Forbidden, Neo4jError, ServiceUnavailable
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from app import bolt, statements
from app.bolt import Database
from app.errors import Unavailable
from app.figures import Figures
from app.statements import Statement

DEADLINE = 10.0
SCHEMA_TIMEOUT = 600.0  # an index over data that is there already is built first
ANSWER_TIMEOUT = 2.0
PATIENCE = 5.0
LOGIN_INTERVAL = 5.0  # seconds between two looks at whether the database wants a new password

log = structlog.get_logger()

Row = dict[str, Any]


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
        self._where = database
        self._figures = figures or Figures()
        self._deadline = deadline
        self._login = bolt.login(database)
        self._driver = bolt.connect(database, self._login, deadline)
        self._bookmarks = bolt.bookmarks(database)
        # To have an answer, and be ready, is to reach the leader.
        self._leader = WRITE_ACCESS if database.is_routed else READ_ACCESS
        self._reader = self._leader if database.reads == "leader" else READ_ACCESS
        self._reads = statements.load("read")
        self._writes = statements.load("write")
        self._answered_at = self._asks_at = -math.inf
        self.is_open = True

    async def close(self) -> None:
        """Closes every connection."""
        await bolt.close(self._driver)

    async def reconnect(self) -> None:
        """Leaves every connection behind: some may be dead without having been told.

        What was written before is no longer waited for: the database may be an older copy.
        """
        self._bookmarks = bolt.bookmarks(self._where)
        await self._replace_driver()

    async def _replace_driver(self) -> None:
        driver = bolt.connect(self._where, self._login, self._deadline)
        left, self._driver = self._driver, driver
        await bolt.close(left)

    async def read(self, name: str, /, **parameters: Any) -> list[Row]:
        """The rows of a statement in `cypher/read/`. Raises Unavailable."""
        self._check_open()
        return await self._run(self._reads[name], self._reader, parameters)

    async def write(self, name: str, /, **parameters: Any) -> list[Row]:
        """The rows of a statement in `cypher/write/`, committed. Raises Unavailable."""
        self._check_open()
        return await self._run(self._writes[name], WRITE_ACCESS, parameters)

    async def prepare(
        self, statement: Statement, within: float | None = None, /, **parameters: Any
    ) -> list[Row]:
        """The rows of a statement that makes the graph ready, which is not open yet.

        It ends within so many seconds, or else within the deadline. Raises Unavailable, with what
        the database says.
        """
        try:
            return await self._run(statement, WRITE_ACCESS, parameters, within)
        except Neo4jError as error:
            raise Unavailable(f"{statement.name}: {error.message}") from error

    async def rehearse(self, statement: Statement) -> Row | None:
        """Runs a statement in a transaction that is rolled back, with nothing for parameters.

        Returns the plan of one that begins with EXPLAIN. Raises PermissionError where the database
        refuses us, Unavailable where it does not answer or take the statement; each with what is
        said about it.
        """
        text: Any = statement.text
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._driver.session(database=self._where.name) as session,
                await session.begin_transaction(timeout=self._deadline) as transaction,
            ):
                result = await transaction.run(text, dict.fromkeys(statement.parameters))
                summary = await result.consume()
                await transaction.rollback()
        except (DriverError, Neo4jError, OSError, ValueError) as error:
            is_refused = isinstance(error, AuthError | Forbidden) or bolt.is_locked_out(error)
            kind = PermissionError if is_refused else Unavailable
            raise kind(bolt.said(error)) from error
        return summary.plan

    async def warm_up(self) -> None:
        """Lets the database plan the write, so that its first caller need not wait for that."""
        nothing: Row = {parameter: [] for parameter in self._writes["ingest"].parameters}
        nothing["rules"] = {}
        # A database that has just started takes seconds to plan, and starts anew if interrupted.
        await self._run(self._writes["ingest"], WRITE_ACCESS, nothing, self._deadline)

    async def answer(self) -> None:
        """Returns if the database answers within two seconds, or is busy with writes.

        Raises PermissionError where it refuses us, Unavailable where it does not answer; each with
        what is said about it.
        """
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._ask()
        except TimeoutError:
            if not self._answered_within(PATIENCE):
                raise Unavailable("the database did not answer in time") from None
        except (DriverError, Neo4jError) as error:
            if bolt.is_locked_out(error) and self._answered_within(self._deadline):
                return  # which lasts for five seconds: whoever calls waits for as long
            kind = Unavailable if bolt.may_pass(error) else PermissionError
            raise kind(bolt.said(error)) from error

    async def renew_login(self) -> None:
        """Takes up the password that is in the file by now, once the database wants it.

        Else that would be found out by the next connection, and there may be none for an hour.
        """
        login = self._login
        if login is None or time.monotonic() < self._asks_at:
            return
        if login.is_replaced():
            # Three that are refused in a row, by whichever worker, would lock the user out.
            wait = random.uniform(0.5, 1.5) * LOGIN_INTERVAL  # noqa: S311
            self._asks_at = time.monotonic() + wait
            secret = login.secret()
            # The old one is tried: it is right until it is refused for the first time.
            if await bolt.refuses(self._where, secret) and login.is_another(secret):
                log.info("login_renewed")

    async def _ask(self) -> None:
        # No write is waited for: it is enough to be there.
        question = self._reads["schema"], self._leader, {}, self._deadline, None
        try:
            await self._attempt(*question)
        except bolt.RenewedLogin:
            await self._attempt(*question)

    def _answered_within(self, seconds: float) -> bool:
        return time.monotonic() - self._answered_at < seconds

    def _check_open(self) -> None:
        if not self.is_open:
            raise Unavailable("the database is away")

    async def _run(
        self, statement: Statement, access: str, parameters: Row, within: float | None = None
    ) -> list[Row]:
        if parameters.keys() != statement.parameters:
            raise TypeError(f"{statement.name} takes {sorted(statement.parameters)}")
        attempts = AsyncRetrying(
            retry=retry_if_exception(self._is_to_be_repeated),
            wait=wait_random_exponential(multiplier=0.005, max=0.5),
            stop=stop_after_delay(self._deadline),
            before_sleep=lambda state: self._retry(statement, state),
            reraise=True,
        )
        # Half of the deadline leaves time for an attempt on a new connection.
        patience = within or self._deadline / 2
        try:
            async with asyncio.timeout(within or self._deadline):
                return await attempts(
                    self._attempt, statement, access, parameters, patience, self._bookmarks
                )
        except TimeoutError:
            raise Unavailable("the database did not answer in time") from None
        except (DriverError, Neo4jError) as error:
            if self._was_never_reached(error):
                message = f"the database cannot be reached: {bolt.said(error)}"
                raise Unavailable(message) from error
            if bolt.may_pass(error):
                raise Unavailable("the database did not answer in time") from error
            if not isinstance(error, DriverError | AuthError):
                raise
            log.error("database_unusable", statement=statement.name, error=str(error))
            raise Unavailable("the database cannot be used") from error

    def _is_to_be_repeated(self, error: BaseException) -> bool:
        return self.is_open and bolt.may_pass(error) and not self._was_never_reached(error)

    def _was_never_reached(self, error: BaseException) -> bool:
        # What our own clock ended was reached, and so was what refused a login.
        is_away = isinstance(error, ServiceUnavailable) and not isinstance(
            error.__cause__, TimeoutError | Neo4jError
        )
        return is_away and self._answered_at == -math.inf

    def _retry(self, statement: Statement, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._figures.retried(bolt.reason(error))
        log.warning(
            "statement_retried",
            statement=statement.name,
            attempt=state.attempt_number,
            error=getattr(error, "code", None) or type(error).__name__,
        )

    async def _attempt(
        self,
        statement: Statement,
        access: str,
        parameters: Row,
        patience: float,
        bookmarks: AsyncBookmarkManager | None,
    ) -> list[Row]:
        query = Query(statement.text, timeout=patience)  # pyright: ignore[reportArgumentType]
        driver, login = self._driver, self._login
        secret = None
        try:
            if login:
                secret = login.secret()
            async with (
                asyncio.timeout(patience),
                driver.session(
                    database=self._where.name,
                    default_access_mode=access,
                    bookmark_manager=bookmarks,
                ) as session,
            ):
                result = await session.run(query, parameters)
                rows = [dict(record) async for record in result]
        except TimeoutError as error:
            if driver is self._driver:
                await self._replace_driver()
            raise ServiceUnavailable("the database did not answer") from error
        except Neo4jError as error:
            if login and error.code in bolt.REFUSED and login.is_another(secret):
                raise bolt.RenewedLogin("the login was read again") from error
            raise
        except DriverError as error:
            if driver is self._driver:
                raise
            # Another call has left this driver behind.
            raise ServiceUnavailable(str(error)) from error
        except (OSError, RuntimeError) as error:
            # What uvloop says of a connection that closed under the driver, which passes it on.
            raise ServiceUnavailable(str(error)) from error
        self._answered_at = time.monotonic()
        return rows
