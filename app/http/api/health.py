"""The scrape: the door for Prometheus, which takes the figures."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from app.access.api_keys import METRICS_READ
from app.access.guard import Guard
from app.http import headers
from app.observability import metrics
from app.observability.metrics import Figures


class Scrape:
    """`GET /metrics`, for keys that may read the figures.

    Behind a scope, since the figures tell how much a business does, and the port may be public.
    """

    def __init__(self, guard: Guard, counted: Figures) -> None:
        self._guard = guard
        self._figures = counted

    async def answer(self, request: Request) -> Response:
        """The figures as text."""
        key = headers.api_key(request)
        # That the database is away is a figure too.
        api_key = await self._guard.authorize(key, METRICS_READ, allow_stale=True)
        await self._guard.consume(api_key)
        text = await asyncio.to_thread(self._figures.text)  # reads the files of every worker
        return Response(text, media_type=metrics.MEDIA_TYPE)
