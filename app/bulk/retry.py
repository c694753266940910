"""Patience: how what nobody waits for lasts through an outage of the database."""

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

LONGEST = 600.0  # seconds of one outage

log = structlog.get_logger()

T = TypeVar("T")


async def patiently(call: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """What a call returns once the database is back, if it was away.

    The call must be one that may be repeated. Raises Unavailable after an outage of ten minutes.
    """
    attempts = AsyncRetrying(
        retry=retry_if_exception_type(Unavailable),
        wait=wait_random_exponential(multiplier=0.1, max=5),
        stop=stop_after_delay(LONGEST),
        before_sleep=_log,
        reraise=True,
    )
    return await attempts(call, *arguments)


def _log(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("database_retry", attempt=state.attempt_number, error=str(error))
