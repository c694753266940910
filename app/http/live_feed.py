"""The live feed: the stream of records as server-sent events, for the API and for the page."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from app.access.api_keys import EVENTS_READ
from app.access.guard import Guard
from app.activity import positions
from app.activity.record_filter import RecordFilter
from app.activity.stream import ActivityStream
from app.activity.subscription import Batch, Subscription
from app.errors import ForbiddenScope, ServiceError, TooManyStreams, Unauthenticated
from app.http.endpoints import Call
from app.http.event_stream import COMMENT, EventStream, event

MAX_STREAMS = 10  # of an API key in a worker
MAX_RECENT = 1000
RECONNECT_MILLISECONDS = 1000
KEEP_ALIVE_SECONDS = 15.0
CHECK_INTERVAL_SECONDS = 1.0  # of the API key
SEND_INTERVAL_SECONDS = 0.05  # the records of this time are one chunk

STOPPING = ServiceError("The service is stopping. Reconnect with Last-Event-ID.")


class LiveQuery(RecordFilter, frozen=True, kw_only=True):
    """The parameters of the stream."""

    recent: Annotated[
        int,
        Meta(
            description="The number of last records to begin with.",
            ge=0,
            le=MAX_RECENT,
            extra_json_schema={"default": 0},
        ),
    ] = 0
    after: Annotated[
        str | None,
        Meta(
            description="An event ID of the stream, to resume after it, for clients that cannot "
            "send `Last-Event-ID`."
        ),
    ] = None


class LiveFeed:
    """Opens streams, at most `max_streams` at a time for an API key."""

    def __init__(
        self, stream: ActivityStream, guard: Guard, max_streams: int = MAX_STREAMS
    ) -> None:
        self._stream = stream
        self._guard = guard
        self._max_streams = max_streams
        self._open: Counter[str] = Counter()  # streams by the ID of the API key

    def open(self, call: Call[LiveQuery], key: str | None) -> Response:
        """Returns the stream for a call with the API key `key`. Raises TooManyStreams."""
        request, api_key, query = call.request, call.api_key, call.payload
        if self._open[api_key.id] >= self._max_streams:
            raise TooManyStreams(self._max_streams)
        last = request.headers.get("last-event-id") or query.after
        reader = _Reader(self._stream, self._guard, key, query, last)
        self._open[api_key.id] += 1
        return EventStream(reader.chunks(), reader.end, partial(self._close, api_key.id))

    def _close(self, key_id: str) -> None:
        self._open[key_id] -= 1
        if not self._open[key_id]:
            del self._open[key_id]


class _Reader:
    """One stream, until its API key is invalid, the service stops, or it is closed."""

    def __init__(
        self,
        stream: ActivityStream,
        guard: Guard,
        key: str | None,
        query: LiveQuery,
        last: str | None,
    ) -> None:
        self._stream = stream
        self._guard = guard
        self._key = key
        self._query = query
        self._after = positions.decode(last) if last else None
        self._subscription: Subscription | None = None
        self._is_ending = False

    def end(self) -> None:
        """Asks the stream to end."""
        self._is_ending = True
        if self._subscription:
            self._subscription.close()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yields the text of the stream."""
        yield b"retry: %d\n\n" % RECONNECT_MILLISECONDS
        query = self._query
        async with self._stream.subscribe(query, self._after, query.recent) as subscription:
            self._subscription = subscription
            checked = sent = time.monotonic()
            while not self._is_ending:
                batch = await subscription.take(CHECK_INTERVAL_SECONDS)
                now = time.monotonic()
                if batch:
                    yield self._text(batch)
                    sent = now
                elif now - sent >= KEEP_ALIVE_SECONDS:
                    yield COMMENT + b"id: %b\n\n" % self._stream.event_id.encode()
                    sent = now
                if now - checked >= CHECK_INTERVAL_SECONDS:
                    checked = now
                    if error := await self._key_error():
                        yield _end(error)
                        return
                await asyncio.sleep(SEND_INTERVAL_SECONDS)
            yield _end(STOPPING)

    async def _key_error(self) -> ServiceError | None:
        try:
            await self._guard.authorize(self._key, EVENTS_READ, allow_stale=True)
        except (Unauthenticated, ForbiddenScope) as error:
            return error
        except ServiceError:
            return None  # the database is unavailable
        return None

    def _text(self, batch: Batch) -> bytes:
        parts: list[bytes] = []
        if batch.coverage:
            parts.append(event("coverage", _json({"coverage": batch.coverage})))
        if batch.skipped:
            parts.append(event("skipped", _json({"skipped": batch.skipped})))
        parts += [event("record", entry.data) for entry in batch.entries[:-1]]
        # One position for all: within a batch, the reader begins again at the last position.
        position = self._stream.event_id
        if batch.entries:
            parts.append(event("record", batch.entries[-1].data, position))
        else:
            parts.append(b"id: %b\n\n" % position.encode())
        return b"".join(parts)


def _end(error: ServiceError) -> bytes:
    code = "stopping" if error is STOPPING else error.code
    return event("end", _json({"code": code, "message": error.message}))


def _json(content: dict[str, str | int]) -> bytes:
    return msgspec.json.encode(content)
