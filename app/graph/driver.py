"""Bolt: the driver, made for a database; one attempt at a statement; and what an error means."""

import asyncio
import contextlib
import math
import random
import ssl
import time
from collections.abc import Iterator
from typing import Any

import structlog
from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    Auth,
    GraphDatabase,
    Query,
    TrustCustomCAs,
    basic_auth,
    bearer_auth,
)
from neo4j.api import AsyncBookmarkManager
from neo4j.auth_management import AsyncAuthManager
from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    Forbidden,
    Neo4jError,
    ServiceUnavailable,
)

from app.graph import statements
from app.graph.connection import Database, Login
from app.graph.liveness import Liveness

CONNECT_TIMEOUT = 3.0
POOL_SIZE = 32
LOGIN_INTERVAL = 5.0  # seconds between two looks at whether the database wants a new password
# The division by zero with which the write ends a lost race for an idempotency key.
LOST_RACE = "Neo.ClientError.Statement.ArithmeticError"
# Two instances created one index at the same time, in spite of IF NOT EXISTS.
LOST_RACE_FOR_INDEX = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"
# What a write had found was deleted before it could write: a Customer who is erased.
LOST_ENTITY = "Neo.ClientError.Statement.EntityNotFound"
LOST_RACES = (LOST_RACE, LOST_RACE_FOR_INDEX, LOST_ENTITY)
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
# What hides the reason, which is in a group below it.
NO_ROUTE = "Unable to retrieve routing information"
# The database takes no login of the user for five seconds, after three that were wrong.
LOCKED_OUT = "Neo.ClientError.Security.AuthenticationRateLimit"
# An operator, or the database itself, ended a transaction, which is rolled back. The driver makes
# client errors of what the database calls transient, and would not repeat them.
TERMINATED = (
    "Neo.ClientError.Transaction.Terminated",
    "Neo.ClientError.Transaction.LockClientStopped",
)
# The database stopped a transaction, which had carried the remaining time as its timeout.
TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
)
REFUSED = (
    "Neo.ClientError.Security.Unauthorized",
    "Neo.ClientError.Security.TokenExpired",
    LOCKED_OUT,
)

READ, WRITE = READ_ACCESS, WRITE_ACCESS
FAILURES = (DriverError, Neo4jError)
Bookmarks = AsyncBookmarkManager

RUNNING = statements.load("read")["running_attempts"]

log = structlog.get_logger()

Row = dict[str, Any]


class RenewedLogin(ServiceUnavailable):
    """The database refused a login, and there is another one by now."""


class _Connections:
    """The connections of one driver. Those of a retired one close when its last call has ended."""

    def __init__(self, driver: AsyncDriver) -> None:
        self.driver = driver
        self._calls = 0
        self._is_retired = False

    async def __aenter__(self) -> AsyncDriver:
        self._calls += 1
        return self.driver

    async def __aexit__(self, *_: object) -> None:
        self._calls -= 1
        await self._close_unused()

    async def retire(self) -> None:
        """Closes the connections once no call uses one."""
        self._is_retired = True
        await self._close_unused()

    async def _close_unused(self) -> None:
        if self._is_retired and not self._calls:
            await _close(self.driver)


class LostConnection(ServiceUnavailable):
    """The database responds, and no longer runs a statement that has no response."""


class Client:
    """Connections to a database, for calls of at most `deadline` seconds.

    They are made when they are first used.
    """

    def __init__(self, database: Database, deadline: float) -> None:
        self._where = database
        self._deadline = deadline
        self._login = database.login()
        self._connections = _Connections(self._connect(POOL_SIZE))
        self._slots = asyncio.Semaphore(POOL_SIZE)
        self._prober = self._connect(1)  # its own, so that no statement can hold it up
        self._liveness = Liveness(self.running)
        self._closing: set[asyncio.Task[None]] = set()  # of drivers that are left behind
        self.bookmarks = self._no_bookmarks()
        self._answered_at = self._asks_at = -math.inf

    async def close(self) -> None:
        """Closes every connection."""
        await self._liveness.close()
        await asyncio.gather(*self._closing)
        await _close(self._connections.driver)
        await _close(self._prober)

    async def reconnect(self) -> None:
        """Uses new connections from now on, and waits for no earlier write."""
        self.bookmarks = self._no_bookmarks()
        await self._renew_connections(self._connections)

    async def run_once(
        self,
        text: str,
        access: str,
        parameters: Row,
        deadline: float,
        bookmarks: Bookmarks | None,
    ) -> list[Row]:
        """The rows of a statement, committed. The deadline is a time of the event loop.

        Raises TimeoutError at the deadline, when the database stops the transaction as well, or
        one of FAILURES.
        """
        login, secret = self._login, None
        options = {"default_access_mode": access, "bookmark_manager": bookmarks}
        try:
            if login:
                secret = login.secret()
            rows = await self._watch(text, parameters, deadline, options)
        except TimeoutError:
            raise
        except Neo4jError as error:
            if error.code in TIMED_OUT:
                raise TimeoutError from error
            if login and error.code in REFUSED and login.is_another(secret):
                raise RenewedLogin("the login was read again") from error
            raise
        except OSError as error:  # the file of the login cannot be read
            raise ServiceUnavailable(str(error)) from error
        self._answered_at = time.monotonic()
        return rows

    async def _watch(self, text: str, parameters: Row, deadline: float, options: Row) -> list[Row]:
        connections, attempt = self._connections, None
        try:
            async with (
                asyncio.timeout_at(deadline) as scope,
                # Else a call might wait for a connection, with nothing in the database yet.
                self._slots,
                connections as driver,
                driver.session(database=self._where.name, **options) as session,
            ):
                if self._is_watched(options):
                    attempt = self._liveness.attempt(scope)
                query = Query(
                    text,  # pyright: ignore[reportArgumentType]
                    metadata={"attempt": attempt.id} if attempt else None,
                    timeout=_remaining(deadline),
                )
                result = await session.run(query, parameters)
                return [dict(record) async for record in result]
        except TimeoutError as error:
            if attempt is None or not attempt.is_lost:
                raise
            # Others of the same age may be lost as well.
            await self._renew_connections(connections)
            raise LostConnection("the connection was lost") from error
        except (OSError, RuntimeError) as error:
            # What uvloop says of a connection that closed under the driver, which passes it on, and
            # never frees its place in the pool.
            await self._renew_connections(connections)
            raise ServiceUnavailable(str(error)) from error
        finally:
            if attempt:
                attempt.end()

    def _is_watched(self, options: Row) -> bool:
        # A member of a cluster lists its own transactions only, and the one asked is the leader.
        return not self._where.is_routed or options["default_access_mode"] == WRITE

    async def running(self) -> list[str]:
        """The ids of the attempts that the database runs. Raises ConnectionError."""
        prober, is_complete = self._prober, False
        try:
            async with prober.session(
                database=self._where.name, default_access_mode=WRITE
            ) as session:
                result = await session.run(RUNNING.text)  # pyright: ignore[reportArgumentType]
                attempts = [record["attempt"] async for record in result]
            is_complete = True
            return attempts
        except (*FAILURES, OSError, RuntimeError) as error:
            raise ConnectionError(describe(error)) from error
        finally:
            if not is_complete:  # or its one connection could be lost with its place in the pool
                self._prober = self._connect(1)
                closing = asyncio.create_task(_close(prober))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    async def dry_run(self, text: str, parameters: Row, deadline: float) -> Row | None:
        """Runs a statement in a transaction that is rolled back; the plan, if it is explained.

        The deadline is a time of the event loop. Raises PermissionError if the database refuses
        the login, ConnectionError for everything else; each with the error's description.
        """
        statement: Any = text
        try:
            async with (
                asyncio.timeout_at(deadline),
                self._connections as driver,
                driver.session(database=self._where.name) as session,
                await session.begin_transaction(timeout=_remaining(deadline)) as transaction,
            ):
                result = await transaction.run(statement, parameters)
                summary = await result.consume()
                await transaction.rollback()
        except (DriverError, Neo4jError, OSError, ValueError) as error:
            is_refused = isinstance(error, AuthError | Forbidden) or is_locked_out(error)
            raise (PermissionError if is_refused else ConnectionError)(describe(error)) from error
        return summary.plan

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
            if await self._is_refused(secret) and login.is_another(secret):
                log.info("login_renewed")

    def answered_within(self, seconds: float) -> bool:
        """Whether the database answered in the last so many seconds."""
        return time.monotonic() - self._answered_at < seconds

    def was_never_reached(self, error: BaseException) -> bool:
        """Whether an error says that the database cannot be reached, and it never was."""
        # What our own clock ended was reached, and so was what refused a login.
        is_away = isinstance(error, ServiceUnavailable) and not isinstance(
            error.__cause__, TimeoutError | Neo4jError
        )
        return is_away and self._answered_at == -math.inf

    async def _renew_connections(self, old: _Connections) -> None:
        """Uses new connections instead of the old ones, unless another call has done so."""
        if old is self._connections:
            self._connections = _Connections(self._connect(POOL_SIZE))
            await old.retire()

    def _no_bookmarks(self) -> Bookmarks | None:
        # What remembers the writes that a cluster's member must have before it may answer; one
        # server alone has them.
        return AsyncGraphDatabase.bookmark_manager() if self._where.is_routed else None

    def _connect(self, pool_size: int) -> AsyncDriver:
        auth = _AuthManager(self._login) if self._login else _password(self._where)
        return _driver(self._where, auth, self._deadline, pool_size)

    async def _is_refused(self, password: str) -> bool:
        driver = _driver(self._where, (self._where.username, password), CONNECT_TIMEOUT, 1)
        try:
            async with (
                asyncio.timeout(CONNECT_TIMEOUT),
                driver.session(database=self._where.name) as session,
            ):
                await (await session.run("RETURN 1")).consume()
        except AuthError:
            return True
        except (DriverError, Neo4jError, OSError):
            return False
        finally:
            await _close(driver)
        return False


class _AuthManager(AsyncAuthManager):
    """A login as the driver asks for it."""

    def __init__(self, login: Login) -> None:
        self._login = login

    async def get_auth(self) -> Auth:
        secret = self._login.secret()
        if self._login.is_token:
            return bearer_auth(secret)
        return basic_auth(self._login.username, secret)

    async def handle_security_exception(self, auth: Any, error: Neo4jError) -> bool:
        return error.code in REFUSED and self._login.is_another(auth.credentials)


def answers(database: Database) -> bool:
    """Whether a database answers a query now. Raises PermissionError where it refuses us."""
    auth = _password(database)
    try:
        with (
            GraphDatabase.driver(
                database.uri, auth=auth, connection_timeout=CONNECT_TIMEOUT
            ) as driver,
            driver.session(database=database.name) as session,
        ):
            session.run("RETURN 1").consume()
    except AuthError as error:
        raise PermissionError(error.message) from error
    except FAILURES:
        return False
    return True


def may_pass(error: BaseException) -> bool:
    """Whether what failed may work when it is done again."""
    if isinstance(error, ConstraintError | ServiceUnavailable):
        return True
    if isinstance(error, Neo4jError) and error.code in (*LOST_RACES, *TERMINATED, LOCKED_OUT):
        return True
    return isinstance(error, FAILURES) and error.is_retryable()


def is_unusable(error: BaseException) -> bool:
    """Whether it is the connection or the login that fails, and not the statement."""
    return isinstance(error, DriverError | AuthError)


def is_response(error: BaseException) -> bool:
    """Whether the database itself responds with an error that may pass: it is busy, not away."""
    return isinstance(error, Neo4jError) and may_pass(error)


def is_locked_out(error: BaseException) -> bool:
    """Whether the database takes no login of ours for some seconds, be it right or wrong."""
    return isinstance(error, Neo4jError) and error.code == LOCKED_OUT


def reason(error: BaseException | None) -> str:
    """Why a statement is run again, in one of four words."""
    if isinstance(error, DriverError):
        return "connection"
    code = error.code if isinstance(error, Neo4jError) else None
    if code in LOST_RACES or isinstance(error, ConstraintError):
        return "race"
    return "deadlock" if code == DEADLOCK else "transient"


def describe(error: BaseException) -> str:
    """What an error says, for an operator: the driver hides some things below others."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "NEO4J_CA_FILE names who may issue it"
            return f"its certificate is not trusted: {cause.verify_message} ({hint})"
    told = [each for each in causes if isinstance(each, FAILURES)]
    texts = [getattr(each, "message", None) or str(each) for each in told]
    return next((text for text in texts if text != NO_ROUTE), str(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _causes(each)
        error = error.__cause__


def _password(database: Database) -> tuple[str, str] | None:
    return (database.username, database.password) if database.password else None


def _remaining(deadline: float) -> float:
    # Zero would mean that there is no timeout.
    return max(0.001, deadline - asyncio.get_running_loop().time())


def _driver(
    database: Database,
    auth: AsyncAuthManager | tuple[str, str] | None,
    deadline: float,
    pool_size: int,
) -> AsyncDriver:
    uri, options = database.uri, {}
    if database.ca_file:
        # With authorities of its own, the driver takes TLS as an option only.
        uri = uri.replace("+s://", "://", 1)
        options = {"encrypted": True, "trusted_certificates": TrustCustomCAs(database.ca_file)}
    return AsyncGraphDatabase.driver(
        uri,
        auth=auth,
        max_connection_pool_size=pool_size,
        connection_acquisition_timeout=2 * deadline,  # the deadline of the whole call comes first
        connection_timeout=CONNECT_TIMEOUT,
        notifications_min_severity="OFF",
        telemetry_disabled=True,
        user_agent="waypath-events",
        **options,
    )


async def _close(driver: AsyncDriver) -> None:
    # What is closed already, uvloop refuses to close again.
    with contextlib.suppress(OSError, RuntimeError):
        await driver.close()
