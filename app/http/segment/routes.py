"""The routes of tracking SDKs: single calls and batches."""

from starlette.responses import Response

from app.access import api_keys
from app.domain.clock_policy import ClockPolicy
from app.errors import InvalidPayload
from app.http.endpoints import Call, Handler
from app.http.observation import observe, observed_request
from app.http.responses import json_response
from app.http.segment import operations
from app.http.segment.responses import respond
from app.ingest.observer import Sender
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest
from app.segment import payload
from app.segment.clock import Receipt

_UNKNOWN_SENDER = Sender("segment")


class SegmentRoutes:
    """The routes that store the calls of tracking SDKs."""

    def __init__(self, ingest: Ingest, clocks: ClockPolicy) -> None:
        self._ingest = ingest
        self._clocks = clocks

    def respond(self, handler: Handler) -> Handler:
        """Returns the handler that also notifies the observers, and responds as SDKs expect."""
        return respond(observe(self._ingest, handler, _UNKNOWN_SENDER))

    @operations.single("track")
    async def track(self, call: Call[bytes]) -> Response:
        """Stores a track call."""
        return await self._store(call, "track")

    @operations.single("identify")
    async def identify(self, call: Call[bytes]) -> Response:
        """Stores an identify call."""
        return await self._store(call, "identify")

    @operations.single("page")
    async def page(self, call: Call[bytes]) -> Response:
        """Stores a page call."""
        return await self._store(call, "page")

    @operations.single("screen")
    async def screen(self, call: Call[bytes]) -> Response:
        """Stores a screen call."""
        return await self._store(call, "screen")

    @operations.single("group")
    async def group(self, call: Call[bytes]) -> Response:
        """Stores a group call."""
        return await self._store(call, "group")

    @operations.single("alias")
    async def alias(self, call: Call[bytes]) -> Response:
        """Stores an alias call."""
        return await self._store(call, "alias")

    @operations.batch()
    async def batch(self, call: Call[bytes]) -> Response:
        """Stores a batch of calls."""
        return await self._store(call, None)

    async def _store(self, call: Call[bytes], kind: str | None) -> Response:
        """Stores the call of a kind, or a batch, and responds once it is committed."""
        api_key, body = call.api_key, call.payload
        observed = observed_request(call.request)
        observed.sender = Sender("segment", api_key.id, api_key.name)
        receipt = Receipt.now(self._clocks)
        with self._ingest.admit(api_key.producer, len(body)) as reservation:
            try:
                calls = observed.payload = payload.decode(body, kind, receipt)
            except InvalidPayload:
                observed.raw = api_keys.mask(body)
                raise
            reservation.settle(len(calls.sent))
            await call.consume(len(calls.sent))
            observed.result = await self._ingest.submit(
                IngestRequest(calls, api_key.producer, is_lenient=True)
            )
        return json_response(operations.SUCCESS)
