"""Retries during an outage of the database, for calls without a waiting client."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from app.errors import Unavailable

OUTAGE_TIMEOUT_SECONDS = 600.0
MAX_RETRY_WAIT_SECONDS = 5.0

log = structlog.get_logger()

T = TypeVar("T")


async def retry_while_unavailable(call: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """Returns the result of a call. Retries it while the database is unavailable.

    The call must be idempotent. Raises Unavailable after an outage of ten minutes.
    """
    attempts = AsyncRetrying(
        retry=retry_if_exception_type(Unavailable),
        wait=wait_random_exponential(multiplier=0.1, max=MAX_RETRY_WAIT_SECONDS),
        stop=stop_after_delay(OUTAGE_TIMEOUT_SECONDS),
        before_sleep=_log,
        reraise=True,
    )
    return await attempts(call, *arguments)


def _log(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("database_retry", attempt=state.attempt_number, error=str(error))
