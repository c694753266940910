"""The client of a database: one attempt at a statement, within its deadline."""

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Any

from neo4j import READ_ACCESS, WRITE_ACCESS, AsyncGraphDatabase
from neo4j.api import AsyncBookmarkManager
from neo4j.exceptions import Neo4jError, ServiceUnavailable

from app.graph.bolt import drivers, transactions
from app.graph.bolt.drivers import SharedDriver
from app.graph.bolt.errors import (
    DRIVER_ERRORS,
    REFUSED_LOGIN,
    TIMED_OUT,
    CredentialsReloaded,
    LostConnection,
    describe_error,
    is_refusal,
    is_unreachable,
)
from app.graph.bolt.password_rotation import PasswordRotation
from app.graph.bolt.prober import Prober
from app.graph.bolt.transactions import Call, Row
from app.graph.connection import Database
from app.graph.liveness import Liveness

POOL_SIZE = 32  # connections

READ, WRITE = READ_ACCESS, WRITE_ACCESS
Bookmarks = AsyncBookmarkManager


class Client:
    """Connections to a database, for calls of at most `call_timeout` seconds.

    The client opens a connection on its first use.
    """

    def __init__(self, database: Database, call_timeout: float) -> None:
        self._database = database
        self._call_timeout = call_timeout
        self._credentials = database.file_credentials()
        self._driver = self._create_driver()
        self._slots = asyncio.Semaphore(POOL_SIZE)
        self._prober = Prober(
            lambda: drivers.create(database, self._credentials, call_timeout, 1), database.name
        )
        self._liveness = Liveness(self._prober.running_attempts)
        self._rotation = PasswordRotation(database, self._credentials)
        self.bookmarks = self._create_bookmarks()
        self._responded_at = -math.inf  # on time.monotonic()

    async def close(self) -> None:
        """Closes every connection."""
        await self._liveness.close()
        await self._prober.close()
        await self._driver.close()

    async def reconnect(self) -> None:
        """Uses new connections from now on, and waits for no earlier write."""
        self.bookmarks = self._create_bookmarks()
        await self._replace_driver(self._driver)

    async def reload_credentials(self) -> None:
        """Uses the new password of the file, if there is one and the database expects it."""
        await self._rotation.check()

    async def run_once(
        self,
        calls: Sequence[Call],
        access: str,
        deadline: float,
        bookmarks: Bookmarks | None,
        *,
        is_dry: bool = False,
    ) -> list[list[Row]]:
        """The rows of statements, committed together, or rolled back in a dry run.

        The deadline is a time of the event loop.

        Raises TimeoutError at the deadline, when the database also stops the transaction, or one of
        DRIVER_ERRORS.
        """
        credentials, secret = self._credentials, None
        options = {"default_access_mode": access, "bookmark_manager": bookmarks}
        try:
            if credentials:
                secret = credentials.secret()
            rows = await self._run(calls, deadline, options, is_dry=is_dry)
        except TimeoutError:
            raise
        except Neo4jError as error:
            if error.code in TIMED_OUT:
                raise TimeoutError from error
            is_refused = error.code in REFUSED_LOGIN
            if credentials and is_refused and credentials.reload_after_refusal(secret):
                raise CredentialsReloaded("the credentials file was read again") from error
            raise
        except OSError as error:  # the credentials file cannot be read
            raise ServiceUnavailable(str(error)) from error
        self._responded_at = time.monotonic()
        return rows

    async def dry_run(self, text: str, parameters: Row, deadline: float) -> Row | None:
        """Runs a statement in a transaction that is rolled back. Returns the plan of an EXPLAIN.

        The deadline is a time of the event loop. Raises PermissionError if the database rejects
        the login, ConnectionError on other errors; each with the error's description.
        """
        statement: Any = text
        try:
            async with (
                asyncio.timeout_at(deadline),
                self._driver as driver,
                driver.session(database=self._database.name) as session,
                await session.begin_transaction(timeout=_remaining(deadline)) as transaction,
            ):
                result = await transaction.run(statement, parameters)
                summary = await result.consume()
                await transaction.rollback()
        except (*DRIVER_ERRORS, OSError, ValueError) as error:
            kind = PermissionError if is_refusal(error) else ConnectionError
            raise kind(describe_error(error)) from error
        return summary.plan

    def responded_within(self, seconds: float) -> bool:
        """Whether the database responded in the last so many seconds."""
        return time.monotonic() - self._responded_at < seconds

    def was_never_reached(self, error: BaseException) -> bool:
        """Whether an error means that the database is unreachable, and it was never reached."""
        return is_unreachable(error) and self._responded_at == -math.inf

    async def _run(
        self, calls: Sequence[Call], deadline: float, options: Row, *, is_dry: bool
    ) -> list[list[Row]]:
        shared, attempt = self._driver, None
        try:
            async with (
                asyncio.timeout_at(deadline) as scope,
                # Without this, a call could wait for a connection and have no transaction to probe.
                self._slots,
                shared as driver,
                driver.session(database=self._database.name, **options) as session,
            ):
                if self._is_probed(options):
                    attempt = self._liveness.attempt(scope)
                metadata = {"attempt": attempt.id} if attempt else None
                seconds = _remaining(deadline)
                return await transactions.run(session, calls, metadata, seconds, is_dry=is_dry)
        except TimeoutError as error:
            if attempt is None or not attempt.is_lost:
                raise
            # Other connections of the same age may be lost as well.
            await self._replace_driver(shared)
            raise LostConnection("the connection was lost") from error
        except (OSError, RuntimeError) as error:
            # uvloop raises these if a connection closes during a call. The driver does not catch
            # them, and does not free the place in its pool.
            await self._replace_driver(shared)
            raise ServiceUnavailable(str(error)) from error
        finally:
            if attempt:
                attempt.end()

    def _is_probed(self, options: Row) -> bool:
        # A member of a cluster lists only its own transactions, and the prober queries the leader.
        return not self._database.is_routed or options["default_access_mode"] == WRITE

    async def _replace_driver(self, old: SharedDriver) -> None:
        """Uses a new driver instead of the old one, unless another call has replaced it."""
        if old is self._driver:
            self._driver = self._create_driver()
            await old.retire()

    def _create_driver(self) -> SharedDriver:
        return SharedDriver(
            drivers.create(self._database, self._credentials, self._call_timeout, POOL_SIZE)
        )

    def _create_bookmarks(self) -> Bookmarks | None:
        # Bookmarks name the writes that a member of a cluster must have before it may respond. A
        # single server has them all.
        return AsyncGraphDatabase.bookmark_manager() if self._database.is_routed else None


def _remaining(deadline: float) -> float:
    # Zero would mean no timeout.
    return max(0.001, deadline - asyncio.get_running_loop().time())
