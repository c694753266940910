"""Drivers: connection pools of Neo4j's driver for a database."""

import contextlib
from typing import Any

from neo4j import (
    AsyncDriver,
    AsyncGraphDatabase,
    Auth,
    GraphDatabase,
    TrustCustomCAs,
    basic_auth,
    bearer_auth,
)
from neo4j.auth_management import AsyncAuthManager
from neo4j.exceptions import AuthError, Neo4jError

from app.graph.bolt.errors import DRIVER_ERRORS, REFUSED_LOGIN
from app.graph.connection import Database
from app.graph.credentials import FileCredentials

CONNECT_TIMEOUT_SECONDS = 3.0

BasicAuth = tuple[str, str]


class SharedDriver:
    """A driver that several calls share. A retired one closes when its last call has ended."""

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver
        self._calls = 0
        self._is_retired = False

    async def __aenter__(self) -> AsyncDriver:
        self._calls += 1
        return self._driver

    async def __aexit__(self, *_: object) -> None:
        self._calls -= 1
        await self._close_if_unused()

    async def retire(self) -> None:
        """Closes the driver once no call uses it."""
        self._is_retired = True
        await self._close_if_unused()

    async def close(self) -> None:
        """Closes the driver now."""
        await close(self._driver)

    async def _close_if_unused(self) -> None:
        if self._is_retired and not self._calls:
            await self.close()


class _AuthManager(AsyncAuthManager):
    """Credentials in a file, in the form that the driver takes."""

    def __init__(self, credentials: FileCredentials) -> None:
        self._credentials = credentials

    async def get_auth(self) -> Auth:
        secret = self._credentials.secret()
        if self._credentials.is_token:
            return bearer_auth(secret)
        return basic_auth(self._credentials.username, secret)

    async def handle_security_exception(self, auth: Any, error: Neo4jError) -> bool:
        if error.code not in REFUSED_LOGIN:
            return False
        return self._credentials.reload_after_refusal(auth.credentials)


def create(
    database: Database,
    credentials: FileCredentials | BasicAuth | None,
    call_timeout: float,
    pool_size: int,
) -> AsyncDriver:
    """A driver with at most `pool_size` connections, for calls of at most `call_timeout` seconds.

    It connects when it is first used. Without credentials, it uses the password of the database.
    """
    if isinstance(credentials, FileCredentials):
        auth = _AuthManager(credentials)
    else:
        auth = credentials or _basic_auth(database)
    uri, options = database.uri, {}
    if database.ca_file:
        # With custom CA certificates, the driver accepts TLS only as an option.
        uri = uri.replace("+s://", "://", 1)
        options = {"encrypted": True, "trusted_certificates": TrustCustomCAs(database.ca_file)}
    return AsyncGraphDatabase.driver(
        uri,
        auth=auth,
        max_connection_pool_size=pool_size,
        # Longer than the deadline of the whole call, which therefore applies.
        connection_acquisition_timeout=2 * call_timeout,
        connection_timeout=CONNECT_TIMEOUT_SECONDS,
        notifications_min_severity="OFF",
        telemetry_disabled=True,
        user_agent="waypath-events",
        **options,
    )


async def close(driver: AsyncDriver) -> None:
    """Closes a driver and its connections."""
    # uvloop raises an error if the connection is closed already.
    with contextlib.suppress(OSError, RuntimeError):
        await driver.close()


def is_reachable(database: Database) -> bool:
    """Whether a database responds to a query now. Raises PermissionError if it rejects the login.

    This call blocks.
    """
    try:
        with (
            GraphDatabase.driver(
                database.uri,
                auth=_basic_auth(database),
                connection_timeout=CONNECT_TIMEOUT_SECONDS,
            ) as driver,
            driver.session(database=database.name) as session,
        ):
            session.run("RETURN 1").consume()
    except AuthError as error:
        raise PermissionError(error.message) from error
    except DRIVER_ERRORS:
        return False
    return True


def _basic_auth(database: Database) -> BasicAuth | None:
    return (database.username, database.password) if database.password else None
