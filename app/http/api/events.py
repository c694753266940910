"""The HTTP door: the routes of the contract."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import errors
from app.access.api_keys import CONTEXT_READ, EVENTS_WRITE
from app.access.guard import Guard
from app.customers.context import ContextQuery, ContextReader
from app.customers.timeline import TimelineQuery, TimelineReader
from app.graph.readiness import Readiness
from app.http import decoding, headers
from app.http.body import read_json
from app.http.responses import json_answer, receipt_content
from app.http.routing import route
from app.ingest import payload
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest


class Routes:
    """The routes of the contract, and the health of the service."""

    def __init__(
        self,
        ingest: Ingest,
        contexts: ContextReader,
        timelines: TimelineReader,
        guard: Guard,
        readiness: Readiness,
    ) -> None:
        self._ingest = ingest
        self._contexts = contexts
        self._timelines = timelines
        self._guard = guard
        self._readiness = readiness

    def all(self) -> list[Route]:
        """The routes, the busiest first."""
        return [
            route("/v1/events", self.ingest_events, "POST"),
            route("/v1/context", self.read_context, "POST"),
            route("/v1/customers/{id}/timeline", self.read_timeline, "GET"),
            route("/healthz", self.health, "GET"),
            route("/readyz", self.ready, "GET"),
        ]

    async def ingest_events(self, request: Request) -> Response:
        """`POST /v1/events`: keeps one event or a batch, and answers when it is committed."""
        api_key = await self._guard.authorize(headers.api_key(request), EVENTS_WRITE)
        idempotency_key = headers.idempotency_key(request)
        body = await read_json(request)
        with self._ingest.admit(api_key.producer, len(body)) as reservation:
            sent = payload.decode(body)
            reservation.settle(len(sent.sent))
            await self._guard.consume(api_key, len(sent.sent))
            is_lenient = sent.is_batch and headers.prefers(request, "handling", "lenient")
            receipt = await self._ingest.submit(
                IngestRequest(sent, api_key.producer, idempotency_key, is_lenient)
            )
        extra = {"Idempotency-Replayed": "true"} if receipt.is_replay else {}
        if is_lenient:
            extra["Preference-Applied"] = "handling=lenient"
        content = receipt_content(receipt) if sent.is_batch else receipt.results[0]
        return json_answer(content, 200, extra)

    async def read_context(self, request: Request) -> Response:
        """`POST /v1/context`: what is known of the Customer who has one of the keys."""
        api_key = await self._guard.authorize(headers.api_key(request), CONTEXT_READ)
        asked = decoding.decode(await read_json(request), ContextQuery)
        await self._guard.consume(api_key)
        return json_answer(await self._contexts.read(asked))

    async def read_timeline(self, request: Request) -> Response:
        """`GET /v1/customers/{id}/timeline`: a page of a Customer's Touchpoints."""
        api_key = await self._guard.authorize(headers.api_key(request), CONTEXT_READ)
        parameters = request.query_params.multi_items()
        asked = decoding.from_parameters(
            parameters, TimelineQuery, customer=request.path_params["id"]
        )
        await self._guard.consume(api_key)
        return json_answer(await self._timelines.read(asked))

    async def health(self, request: Request) -> Response:
        """`GET /healthz`: the process is up."""
        return json_answer({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """`GET /readyz`: the database answers and the schema is in place."""
        if not self._readiness.is_ready:
            message = "the database is away, or its schema is not in place: the log says which"
            raise errors.Unavailable(message)
        return json_answer({"status": "ok"})
