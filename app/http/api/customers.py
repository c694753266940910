"""The erasure route: people deleted for good."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.access.api_keys import CUSTOMERS_DELETE
from app.access.guard import Guard
from app.http import decoding, headers
from app.http.responses import json_answer
from app.http.routing import route
from app.identity.erasure import ErasureQuery, ErasureService


class ErasureRoutes:
    """The route that erases a Customer."""

    def __init__(self, erasures: ErasureService, guard: Guard) -> None:
        self._erasures = erasures
        self._guard = guard

    def routes(self) -> list[Route]:
        """The routes, each for its one method."""
        return [route("/v1/customers/{id}", self.erase, "DELETE")]

    async def erase(self, request: Request) -> Response:
        """`DELETE /v1/customers/{id}`: erases a Customer; 202 where that goes on by itself."""
        api_key = await self._guard.authorize(headers.api_key(request), CUSTOMERS_DELETE)
        parameters = request.query_params.multi_items()
        asked = decoding.from_parameters(
            parameters, ErasureQuery, customer=request.path_params["id"]
        )
        await self._guard.consume(api_key)
        erasure = await self._erasures.erase(asked, api_key.id)
        status = HTTPStatus.OK if erasure.finished_at else HTTPStatus.ACCEPTED
        return json_answer(erasure, status)
