"""Server-sent events: their text, and the response that has no end of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "text/event-stream"
SEND_TIMEOUT_SECONDS = 60.0  # of a reader that takes nothing
ENDS_WITH = "ends_with"  # in a request's state: ends the stream when the service stops
RESPONDED_AT = "responded_at"  # likewise: when the response began, by the performance counter

COMMENT = b":\n\n"

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter is for nginx


def event(name: str, data: bytes, id_: str | None = None) -> bytes:
    """Returns an event with data of one line. The ID is that of the reader's position after it."""
    position = b"id: %b\n" % id_.encode() if id_ is not None else b""
    return b"event: %b\n%bdata: %b\n\n" % (name.encode(), position, data)


class EventStream(Response):
    """A response with the chunks of an iterator, until it ends or the client disconnects.

    `end` asks the iterator to end. The service calls it when it stops. `close` is called once after
    the response, also if the client left before its first byte.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self, chunks: AsyncIterator[bytes], end: Callable[[], None], close: Callable[[], None]
    ) -> None:
        super().__init__(None, 200, _HEADERS)
        del self.headers["content-length"]
        self._chunks = chunks
        self._end = end
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream."""
        try:
            await self._respond(scope, receive, send)
        finally:
            self._close()

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] |= {ENDS_WITH: self._end, RESPONDED_AT: time.perf_counter()}
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        if scope["method"] != "HEAD":
            sending = asyncio.create_task(self._send(send))
            leaving = asyncio.create_task(_disconnect(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                leaving.cancel()
                sending.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send) -> None:
        try:
            async for chunk in self._chunks:
                async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            await self._chunks.aclose()  # type: ignore[attr-defined] # a generator


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
