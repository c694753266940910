"""The progress of long calls: for a client that asks for it, once a second."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession

from app.graph.graph import CALL_TIMEOUT_SECONDS

INTERVAL_SECONDS = 1.0


def wants_progress(context: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client asks for the progress of its request."""
    return context.meta is not None and context.meta.get("progress_token") is not None


@asynccontextmanager
async def reporting(context: ServerRequestContext[Any, Any]) -> AsyncIterator[None]:
    """Reports the seconds that a call has run, of those of its deadline, while it is open.

    A call that is over within a second reports nothing.
    """
    if not wants_progress(context):
        yield
        return
    reports = asyncio.create_task(_report(context.session))
    try:
        yield
    finally:
        reports.cancel()


async def _report(session: ServerSession) -> None:
    deadline = int(CALL_TIMEOUT_SECONDS)
    for seconds in range(1, deadline + 1):
        await asyncio.sleep(INTERVAL_SECONDS)
        unit = "second" if seconds == 1 else "seconds"
        await session.report_progress(seconds, deadline, f"The call has run for {seconds} {unit}.")
