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

from app.database import Database, Login

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
REFUSED = (
    "Neo.ClientError.Security.Unauthorized",
    "Neo.ClientError.Security.TokenExpired",
    LOCKED_OUT,
)

READ, WRITE = READ_ACCESS, WRITE_ACCESS
FAILURES = (DriverError, Neo4jError)
Bookmarks = AsyncBookmarkManager

log = structlog.get_logger()

Row = dict[str, Any]


class RenewedLogin(ServiceUnavailable):
    """The database refused a login, and there is another one by now."""


class Client:
    """Connections to a database, for calls of at most `deadline` seconds.

    They are made when they are first used.
    """

    def __init__(self, database: Database, deadline: float) -> None:
        self._where = database
        self._deadline = deadline
        self._login = database.login()
        self._driver = self._connect()
        self.bookmarks = self._no_bookmarks()
        self._answered_at = self._asks_at = -math.inf

    async def close(self) -> None:
        """Closes every connection."""
        await _close(self._driver)

    async def reconnect(self) -> None:
        """Leaves every connection behind, and what was written before is no longer waited for."""
        self.bookmarks = self._no_bookmarks()
        await self._replace_driver()

    async def attempt(
        self,
        text: str,
        access: str,
        parameters: Row,
        patience: float,
        bookmarks: Bookmarks | None,
    ) -> list[Row]:
        """The rows of a statement, committed. Raises one of FAILURES.

        A database that says nothing for `patience` seconds counts as one that is lost, with every
        connection to it.
        """
        query = Query(text, timeout=patience)  # pyright: ignore[reportArgumentType]
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
            if login and error.code in REFUSED and login.is_another(secret):
                raise RenewedLogin("the login was read again") from error
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

    async def rehearse(self, text: str, parameters: Row) -> Row | None:
        """Runs a statement in a transaction that is rolled back; the plan, if it is explained.

        Raises PermissionError where the database refuses us, ConnectionError for everything else;
        each with what is said about it.
        """
        statement: Any = text
        try:
            async with (
                asyncio.timeout(self._deadline),
                self._driver.session(database=self._where.name) as session,
                await session.begin_transaction(timeout=self._deadline) as transaction,
            ):
                result = await transaction.run(statement, parameters)
                summary = await result.consume()
                await transaction.rollback()
        except (DriverError, Neo4jError, OSError, ValueError) as error:
            is_refused = isinstance(error, AuthError | Forbidden) or is_locked_out(error)
            raise (PermissionError if is_refused else ConnectionError)(said(error)) from error
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

    async def _replace_driver(self) -> None:
        left, self._driver = self._driver, self._connect()
        await _close(left)

    def _no_bookmarks(self) -> Bookmarks | None:
        # What remembers the writes that a cluster's member must have before it may answer; one
        # server alone has them.
        return AsyncGraphDatabase.bookmark_manager() if self._where.is_routed else None

    def _connect(self) -> AsyncDriver:
        auth = _AuthManager(self._login) if self._login else _password(self._where)
        return _driver(self._where, auth, self._deadline)

    async def _is_refused(self, password: str) -> bool:
        driver = _driver(self._where, (self._where.username, password), CONNECT_TIMEOUT)
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
    if isinstance(error, Neo4jError) and error.code in (*LOST_RACES, LOCKED_OUT):
        return True
    return isinstance(error, FAILURES) and error.is_retryable()


def is_unusable(error: BaseException) -> bool:
    """Whether it is the connection or the login that fails, and not the statement."""
    return isinstance(error, DriverError | AuthError)


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


def said(error: BaseException) -> str:
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


def _driver(
    database: Database, auth: AsyncAuthManager | tuple[str, str] | None, deadline: float
) -> AsyncDriver:
    uri, options = database.uri, {}
    if database.ca_file:
        # With authorities of its own, the driver takes TLS as an option only.
        uri = uri.replace("+s://", "://", 1)
        options = {"encrypted": True, "trusted_certificates": TrustCustomCAs(database.ca_file)}
    return AsyncGraphDatabase.driver(
        uri,
        auth=auth,
        max_connection_pool_size=POOL_SIZE,
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
