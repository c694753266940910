"""The routes of tracking SDKs: single calls and batches."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.access import api_keys
from app.errors import InvalidPayload
from app.http.endpoints import Call, Handler
from app.http.error_mapping import map_error
from app.http.observation import observe, observed_request
from app.http.responses import STATUS, error_headers, json_response
from app.http.segment import cors, operations
from app.http.segment.operation import error_content
from app.ingest.observer import Sender
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest
from app.segment import payload

_UNKNOWN_SENDER = Sender("segment")


class SegmentRoutes:
    """The routes that store the calls of tracking SDKs."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def respond(self, handler: Handler) -> Handler:
        """Returns the handler that also notifies the observers, and responds as SDKs expect."""
        observed = observe(self._ingest, handler, _UNKNOWN_SENDER)

        async def handle(request: Request) -> Response:
            try:
                response = await observed(request)
            except ClientDisconnect:
                raise
            except Exception as error:
                response = _error_response(error, request)
            return cors.allow(response)

        return handle

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
        with self._ingest.admit(api_key.producer, len(body)) as reservation:
            try:
                calls = observed.payload = payload.decode(body, kind)
            except InvalidPayload:
                observed.raw = api_keys.mask(body)
                raise
            reservation.settle(len(calls.sent))
            await call.consume(len(calls.sent))
            observed.result = await self._ingest.submit(
                IngestRequest(calls, api_key.producer, is_lenient=True)
            )
        return json_response(operations.SUCCESS)


def _error_response(error: Exception, request: Request) -> Response:
    mapped, request_id = map_error(error, method=request.method, path=request.url.path)
    content = error_content(mapped, request_id)
    return json_response(content, STATUS[mapped.code], error_headers(mapped))
