"""Outages of the database: writes are repeated until they succeed."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog

from app.errors import Unavailable

FIRST_WAIT_SECONDS = 0.1
MAX_WAIT_SECONDS = 5.0

log = structlog.get_logger()

T = TypeVar("T")


class Outage:
    """Repeats calls while the database is unavailable, without an end."""

    def __init__(self) -> None:
        self._waiting = 0

    @property
    def is_ongoing(self) -> bool:
        """Whether a call waits for the database."""
        return self._waiting > 0

    async def retry(self, call: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Returns the result of a call, which must be idempotent."""
        attempt = 0
        try:
            while True:
                try:
                    return await call(*arguments)
                except Unavailable as error:
                    self._waiting += attempt == 0
                    attempt += 1
                    log.warning("database_retry", attempt=attempt, error=str(error))
                wait = min(FIRST_WAIT_SECONDS * 2**attempt, MAX_WAIT_SECONDS)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        finally:
            self._waiting -= attempt > 0
