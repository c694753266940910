"""The statement runner: retries a statement on transient errors, until a deadline."""

import asyncio
import itertools
import random
from collections.abc import Sequence

import structlog

from app.errors import DatabaseTimeout, Unavailable
from app.graph.bolt.client import Client
from app.graph.bolt.errors import (
    DRIVER_ERRORS,
    describe_error,
    is_transient,
    is_unusable,
    retry_reason,
)
from app.graph.bolt.transactions import Call, Row
from app.graph.statements import Statement
from app.observability.metrics import Metrics

# The upper end of the random pause before the second attempt, and of any pause, in seconds.
FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS = 0.005, 0.5

log = structlog.get_logger()


class StatementRunner:
    """Runs statements on a client, and retries them.

    An attempt lasts until the deadline, unless its connection is lost. After a lost connection, a
    deadlock, or a lost race for a new identifier or with an erasure, the runner retries within
    milliseconds. Every statement is therefore idempotent. If a database never responded and cannot
    be reached, the runner does not wait for it. While `repeats` is false, it retries no statement.
    """

    def __init__(self, client: Client, metrics: Metrics) -> None:
        self._client = client
        self._metrics = metrics
        self.repeats = True

    async def run(
        self, statement: Statement, access: str, parameters: Row, deadline: float
    ) -> list[Row]:
        """The rows of a statement, committed. The deadline is a time of the event loop.

        Raises Unavailable, or one of DRIVER_ERRORS if the statement itself is wrong.
        """
        (rows,) = await self.run_together([(statement, parameters)], access, deadline)
        return rows

    async def run_together(
        self,
        parts: Sequence[tuple[Statement, Row]],
        access: str,
        deadline: float,
        *,
        is_dry: bool = False,
    ) -> list[list[Row]]:
        """The rows of each statement, all committed in one transaction, or none.

        A dry run commits none. Raises as `run`. Logs name the last statement.
        """
        for statement, parameters in parts:
            if parameters.keys() != statement.parameters:
                raise TypeError(f"{statement.name} takes {sorted(statement.parameters)}")
        name = parts[-1][0].name
        try:
            async with asyncio.timeout_at(deadline):
                calls = [(statement.text, parameters) for statement, parameters in parts]
                return await self._repeat(name, calls, access, deadline, is_dry=is_dry)
        except TimeoutError:
            raise DatabaseTimeout() from None
        except DRIVER_ERRORS as error:
            if (unavailable := self._translate(error, name)) is None:
                raise
            raise unavailable from error

    async def _repeat(
        self, name: str, calls: Sequence[Call], access: str, deadline: float, *, is_dry: bool
    ) -> list[list[Row]]:
        # A call from before a reconnect must not delay later calls by its writes.
        call = calls, access, deadline, self._client.bookmarks
        for attempt in itertools.count(1):
            try:
                return await self._client.run_once(*call, is_dry=is_dry)
            except DRIVER_ERRORS as error:
                if not self._is_repeated(error):
                    raise
                self._report_retry(name, attempt, error)
            backoff = min(MAX_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**attempt)
            await asyncio.sleep(random.uniform(0, backoff))  # noqa: S311 - jitter
        raise AssertionError("the count has no end")

    def _is_repeated(self, error: BaseException) -> bool:
        return self.repeats and is_transient(error) and not self._client.was_never_reached(error)

    def _translate(self, error: Exception, name: str) -> Unavailable | None:
        """The error for the caller instead, or None if the statement itself is wrong."""
        if self._client.was_never_reached(error):
            reason = describe_error(error)
            return Unavailable(f"the database cannot be reached: {reason} (see NEO4J_URI)")
        if is_transient(error):
            return DatabaseTimeout()
        if not is_unusable(error):
            return None
        log.error("database_access_failed", statement=name, error=str(error))
        return Unavailable(
            "The database rejects the service. "
            "Ask the operator to see database_access_failed in the log."
        )

    def _report_retry(self, name: str, attempt: int, error: Exception) -> None:
        self._metrics.count_statement_retry(retry_reason(error))
        log.warning(
            "statement_retried",
            statement=name,
            attempt=attempt,
            error=getattr(error, "code", None) or type(error).__name__,
        )
