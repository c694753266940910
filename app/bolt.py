"""Bolt: the driver, made for a database, and what its errors mean."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace
from neo4j import (
    AsyncDriver,
    AsyncGraphDatabase,
    Auth,
    GraphDatabase,
    TrustCustomCAs,
    basic_auth,
    bearer_auth,
)
from neo4j.api import AsyncBookmarkManager
from neo4j.auth_management import AsyncAuthManager
from neo4j.exceptions import AuthError, ConstraintError, DriverError, Neo4jError, ServiceUnavailable

from app.secret_file import SecretFile

CONNECT_TIMEOUT = 3.0
POOL_SIZE = 32
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

Reads = Literal["leader", "followers"]


class RenewedLogin(ServiceUnavailable):
    """The database refused a login, and there is another one by now."""


class Database(Struct, frozen=True):
    """Where a Neo4j database is, and who calls.

    Who calls is told by a password, by a file that has it, or by a file that has a token; without
    any, nobody is named. With `ca_file`, the certificates of its authorities are trusted and no
    others. A cluster is read where `reads` says.
    """

    uri: str
    username: str
    password: str | None
    name: str
    password_file: str | None = None
    token_file: str | None = None
    ca_file: str | None = None
    reads: Reads = "leader"

    @property
    def is_routed(self) -> bool:
        """Whether the driver asks which member of a cluster takes what."""
        return self.uri.startswith("neo4j")


class Login(AsyncAuthManager):
    """Who calls, by a secret in a file that is read again when the database refuses the old one.

    A password is not taken up before: for a while the file has the new one and the database still
    wants the old one, or the other way round, and whoever is logged in stays so. Nobody may try
    which one it is either, since three wrong ones lock the user out.
    A token is taken up when it is there: the old one will be refused soon, the new one is good.
    """

    def __init__(self, database: Database) -> None:
        self._username = database.username
        self._is_token = database.token_file is not None
        self._file = SecretFile(database.token_file or database.password_file or "")

    def secret(self) -> str:
        """What the next connection logs in with. Raises OSError if there is none."""
        return self._file.latest() if self._is_token else self._file.text()

    def is_another(self, refused: str | None) -> bool:
        """Whether there is another secret than the one that was refused; it is looked for."""
        return self._file.text() != refused or self._file.renew()

    def is_replaced(self) -> bool:
        """Whether the file has another password than the one that is in use."""
        return not self._is_token and self._file.is_replaced()

    async def get_auth(self) -> Auth:
        """The secret as the driver wants it."""
        secret = self.secret()
        return bearer_auth(secret) if self._is_token else basic_auth(self._username, secret)

    async def handle_security_exception(self, auth: Any, error: Neo4jError) -> bool:
        """Whether what the database refused on an open connection may work now."""
        return error.code in REFUSED and self.is_another(auth.credentials)


def login(database: Database) -> Login | None:
    """The login of a database whose secret is in a file."""
    return Login(database) if database.password_file or database.token_file else None


def connect(database: Database, login: Login | None, deadline: float) -> AsyncDriver:
    """A driver for calls of at most `deadline` seconds. It connects when it is first used."""
    uri, options = database.uri, {}
    if database.ca_file:
        # With authorities of its own, the driver takes TLS as an option only.
        uri = uri.replace("+s://", "://", 1)
        options = {"encrypted": True, "trusted_certificates": TrustCustomCAs(database.ca_file)}
    return AsyncGraphDatabase.driver(
        uri,
        auth=login or _password(database),
        max_connection_pool_size=POOL_SIZE,
        connection_acquisition_timeout=2 * deadline,  # the deadline of the whole call comes first
        connection_timeout=CONNECT_TIMEOUT,
        notifications_min_severity="OFF",
        telemetry_disabled=True,
        user_agent="waypath-events",
        **options,
    )


async def refuses(database: Database, password: str) -> bool:
    """Whether a database lets nobody in with a password any more."""
    driver = connect(replace(database, password=password), None, CONNECT_TIMEOUT)
    try:
        async with (
            asyncio.timeout(CONNECT_TIMEOUT),
            driver.session(database=database.name) as session,
        ):
            await (await session.run("RETURN 1")).consume()
    except AuthError:
        return True
    except (DriverError, Neo4jError, OSError):
        return False
    finally:
        await close(driver)
    return False


def bookmarks(database: Database) -> AsyncBookmarkManager | None:
    """What remembers the writes that a cluster's member must have before it may answer.

    None where there is one server alone, which has them.
    """
    return AsyncGraphDatabase.bookmark_manager() if database.is_routed else None


async def close(driver: AsyncDriver) -> None:
    """Closes a driver's connections."""
    # What is closed already, uvloop refuses to close again.
    with contextlib.suppress(OSError, RuntimeError):
        await driver.close()


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
    except (DriverError, Neo4jError):
        return False
    return True


def may_pass(error: BaseException) -> bool:
    """Whether what failed may work when it is done again."""
    if isinstance(error, ConstraintError | ServiceUnavailable):
        return True
    if isinstance(error, Neo4jError) and error.code in (*LOST_RACES, LOCKED_OUT):
        return True
    return isinstance(error, DriverError | Neo4jError) and error.is_retryable()


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
    told = [each for each in causes if isinstance(each, DriverError | Neo4jError)]
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
