"""The event routes: why an event is with its Customer."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.access.api_keys import CONTEXT_READ
from app.access.guard import Guard
from app.customers.explanation.reader import ExplanationQuery, ExplanationReader
from app.http import decoding, headers
from app.http.responses import json_answer
from app.http.routing import route


class EventRoutes:
    """The routes that tell of one event."""

    def __init__(self, explanations: ExplanationReader, guard: Guard) -> None:
        self._explanations = explanations
        self._guard = guard

    def routes(self) -> list[Route]:
        """The routes, each for its one method."""
        return [route("/v1/events/{id}", self.explain, "GET")]

    async def explain(self, request: Request) -> Response:
        """`GET /v1/events/{id}`: the event as it is kept, and why it is with its Customer."""
        api_key = await self._guard.authorize(headers.api_key(request), CONTEXT_READ)
        parameters = request.query_params.multi_items()
        event_id = request.path_params["id"]
        asked = decoding.from_parameters(parameters, ExplanationQuery, eventId=event_id)
        await self._guard.consume(api_key)
        return json_answer(await self._explanations.read(asked))
