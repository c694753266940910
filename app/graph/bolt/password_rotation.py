"""Password rotation: uses the new password of the file as soon as the database expects it."""

import asyncio
import math
import random
import time

import structlog
from neo4j.exceptions import AuthError

from app.graph.bolt import drivers
from app.graph.bolt.errors import DRIVER_ERRORS
from app.graph.connection import Database
from app.graph.credentials import FileCredentials

CHECK_INTERVAL_SECONDS = 5.0

log = structlog.get_logger()


class PasswordRotation:
    """Looks for a new password in the file of the credentials.

    Without this, only the next connection would find it, and there may be none for an hour.
    """

    def __init__(self, database: Database, credentials: FileCredentials | None) -> None:
        self._database = database
        self._credentials = credentials
        self._checks_at = -math.inf  # on time.monotonic()

    async def check(self) -> None:
        """Uses the new password of the file, if there is one and the database expects it."""
        credentials = self._credentials
        if credentials is None or time.monotonic() < self._checks_at:
            return
        if credentials.read_new_password() is None:
            return
        # Three rejected logins in a row, of all workers together, would lock the user out.
        wait = random.uniform(0.5, 1.5) * CHECK_INTERVAL_SECONDS  # noqa: S311 - jitter
        self._checks_at = time.monotonic() + wait
        secret = credentials.secret()
        # Test the old password: it is valid until the database rejects it for the first time.
        if await self._is_refused(secret) and credentials.reload_after_refusal(secret):
            log.info("credentials_reloaded")

    async def _is_refused(self, password: str) -> bool:
        timeout = drivers.CONNECT_TIMEOUT_SECONDS
        auth = (self._database.username, password)
        driver = drivers.create(self._database, auth, timeout, 1)
        try:
            async with (
                asyncio.timeout(timeout),
                driver.session(database=self._database.name) as session,
            ):
                await (await session.run("RETURN 1")).consume()
        except AuthError:
            return True
        except (*DRIVER_ERRORS, OSError):
            return False
        finally:
            await drivers.close(driver)
        return False
