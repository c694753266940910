"""The graph: every statement that runs on Neo4j runs through here."""

import asyncio
import contextlib
import math
import time
from typing import Any

import structlog
from msgspec import Struct
from neo4j import READ_ACCESS, WRITE_ACCESS, AsyncDriver, AsyncGraphDatabase, GraphDatabase, Query
from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    Forbidden,
    Neo4jError,
    ServiceUnavailable,
)
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from app import statements
from app.errors import Unavailable
from app.figures import Figures
from app.statements import Statement

DEADLINE = 10.0
SCHEMA_TIMEOUT = 600.0  # an index over data that is there already is built first
CONNECT_TIMEOUT = 3.0
POOL_SIZE = 32
ANSWER_TIMEOUT = 2.0
PATIENCE = 5.0
# The division by zero with which the write ends a lost race for an idempotency key.
LOST_RACE = "Neo.ClientError.Statement.ArithmeticError"
# Two instances created one index at the same time, in spite of IF NOT EXISTS.
LOST_RACE_FOR_INDEX = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"
# What a write had found was deleted before it could write: a Customer who is erased.
LOST_ENTITY = "Neo.ClientError.Statement.EntityNotFound"
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"

LOST_RACES = (LOST_RACE, LOST_RACE_FOR_INDEX, LOST_ENTITY)

log = structlog.get_logger()

Row = dict[str, Any]


class Database(Struct, frozen=True):
    """Where a Neo4j database is, and who calls. Without a password, nobody is named."""

    uri: str
    username: str
    password: str | None
    name: str


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
        self._driver = _connect(database, deadline)
        self._reads = statements.load("read")
        self._writes = statements.load("write")
        self._answered_at = -math.inf
        self.is_open = True

    async def close(self) -> None:
        """Closes every connection."""
        await _close(self._driver)

    async def reconnect(self) -> None:
        """Leaves every connection behind: some may be dead without having been told."""
        left, self._driver = self._driver, _connect(self._where, self._deadline)
        await _close(left)

    async def read(self, name: str, /, **parameters: Any) -> list[Row]:
        """The rows of a statement in `cypher/read/`. Raises Unavailable."""
        self._check_open()
        return await self._run(self._reads[name], READ_ACCESS, parameters)

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
        except (AuthError, Forbidden) as error:
            raise PermissionError(error.message) from error
        except (DriverError, Neo4jError, OSError, ValueError) as error:
            raise Unavailable(getattr(error, "message", None) or str(error)) from error
        return summary.plan

    async def warm_up(self) -> None:
        """Lets the database plan the write, so that its first caller need not wait for that."""
        nothing: Row = {parameter: [] for parameter in self._writes["ingest"].parameters}
        nothing["rules"] = {}
        # A database that has just started takes seconds to plan, and starts anew if interrupted.
        await self._run(self._writes["ingest"], WRITE_ACCESS, nothing, self._deadline)

    async def answers(self) -> bool:
        """Whether the database answers, and within two seconds unless it is busy with writes."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._attempt(self._reads["schema"], READ_ACCESS, {}, self._deadline)
        except TimeoutError:
            return time.monotonic() - self._answered_at < PATIENCE
        except (DriverError, Neo4jError) as error:
            if not _may_pass(error):
                log.error("database_unusable", error=str(error))
            return False
        return True

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
                return await attempts(self._attempt, statement, access, parameters, patience)
        except TimeoutError:
            raise Unavailable("the database did not answer in time") from None
        except (DriverError, Neo4jError) as error:
            if self._was_never_reached(error):
                raise Unavailable(f"the database cannot be reached: {error}") from error
            if _may_pass(error):
                raise Unavailable("the database did not answer in time") from error
            if not isinstance(error, DriverError | AuthError):
                raise
            log.error("database_unusable", statement=statement.name, error=str(error))
            raise Unavailable("the database cannot be used") from error

    def _is_to_be_repeated(self, error: BaseException) -> bool:
        return self.is_open and _may_pass(error) and not self._was_never_reached(error)

    def _was_never_reached(self, error: BaseException) -> bool:
        # What our own clock ended was reached.
        is_away = isinstance(error, ServiceUnavailable) and not isinstance(
            error.__cause__, TimeoutError
        )
        return is_away and self._answered_at == -math.inf

    def _retry(self, statement: Statement, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._figures.retried(reason(error))
        log.warning(
            "statement_retried",
            statement=statement.name,
            attempt=state.attempt_number,
            error=getattr(error, "code", None) or type(error).__name__,
        )

    async def _attempt(
        self, statement: Statement, access: str, parameters: Row, patience: float
    ) -> list[Row]:
        query = Query(statement.text, timeout=patience)  # pyright: ignore[reportArgumentType]
        driver = self._driver
        try:
            async with (
                asyncio.timeout(patience),
                driver.session(database=self._where.name, default_access_mode=access) as session,
            ):
                result = await session.run(query, parameters)
                rows = [dict(record) async for record in result]
        except TimeoutError as error:
            if driver is self._driver:
                await self.reconnect()
            raise ServiceUnavailable("the database did not answer") from error
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


def _connect(database: Database, deadline: float) -> AsyncDriver:
    # It connects when it is first used.
    return AsyncGraphDatabase.driver(
        database.uri,
        auth=_auth(database),
        max_connection_pool_size=POOL_SIZE,
        connection_acquisition_timeout=2 * deadline,  # the deadline of the whole call comes first
        connection_timeout=CONNECT_TIMEOUT,
        notifications_min_severity="OFF",
        telemetry_disabled=True,
        user_agent="waypath-events",
    )


def answers(database: Database) -> bool:
    """Whether a database answers a query now. Raises PermissionError where it refuses us."""
    try:
        with (
            GraphDatabase.driver(
                database.uri, auth=_auth(database), connection_timeout=CONNECT_TIMEOUT
            ) as driver,
            driver.session(database=database.name) as session,
        ):
            session.run("RETURN 1").consume()
    except AuthError as error:
        raise PermissionError(error.message) from error
    except (DriverError, Neo4jError):
        return False
    return True


async def _close(driver: AsyncDriver) -> None:
    # What is closed already, uvloop refuses to close again.
    with contextlib.suppress(OSError, RuntimeError):
        await driver.close()


def _auth(database: Database) -> tuple[str, str] | None:
    return (database.username, database.password) if database.password else None


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, ConstraintError | ServiceUnavailable):
        return True
    if isinstance(error, Neo4jError) and error.code in LOST_RACES:
        return True
    return isinstance(error, DriverError | Neo4jError) and error.is_retryable()


def reason(error: BaseException | None) -> str:
    """Why a statement is run again, in one of four words."""
    if isinstance(error, DriverError):
        return "connection"
    code = error.code if isinstance(error, Neo4jError) else None
    if code in LOST_RACES or isinstance(error, ConstraintError):
        return "race"
    return "deadlock" if code == DEADLOCK else "transient"
