"""The scrape: the door for Prometheus, which takes the metrics."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from app.access.api_keys import METRICS_READ
from app.access.guard import Guard
from app.http import headers
from app.observability import metrics
from app.observability.metrics import Metrics


class Scrape:
    """`GET /metrics`, for keys that may read the metrics.

    Behind a scope, since the metrics tell how much a business does, and the port may be public.
    """

    def __init__(self, guard: Guard, counted: Metrics) -> None:
        self._guard = guard
        self._metrics = counted

    async def answer(self, request: Request) -> Response:
        """The metrics as text."""
        key = headers.api_key(request)
        # That the database is away is a figure too.
        api_key = await self._guard.authorize(key, METRICS_READ, allow_stale=True)
        await self._guard.consume(api_key)
        text = await asyncio.to_thread(self._metrics.render)  # reads the files of every worker
        return Response(text, media_type=metrics.MEDIA_TYPE)
