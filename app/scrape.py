"""The scrape: the door for Prometheus, which takes the figures."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from app import figures, headers
from app.figures import Figures
from app.gate import Gate
from app.keys import METRICS_READ


class Scrape:
    """`GET /metrics`, for keys that may read the figures.

    Behind a scope, since the figures tell how much a business does, and the port may be public.
    """

    def __init__(self, gate: Gate, counted: Figures) -> None:
        self._gate = gate
        self._figures = counted

    async def answer(self, request: Request) -> Response:
        """The figures as text."""
        key = headers.api_key(request)
        # That the database is away is a figure too.
        api_key = await self._gate.admit(key, METRICS_READ, is_memory_enough=True)
        await self._gate.spend(api_key)
        text = await asyncio.to_thread(self._figures.text)  # reads the files of every worker
        return Response(text, media_type=figures.MEDIA_TYPE)
