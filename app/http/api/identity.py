"""The identity routes: Customers put together and taken apart."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.access.api_keys import IDENTITY_WRITE
from app.access.authenticator import ApiKey
from app.access.guard import Guard
from app.http import decoding, headers
from app.http.body import has_body, read_json
from app.http.responses import json_answer
from app.http.routing import route
from app.identity.merge_preview import PreviewQuery
from app.identity.merges import MergeRequest, MergeService
from app.identity.reason import UndoRequest
from app.identity.split_preview import SplitQuery
from app.identity.splits import SplitRequest, SplitService


class IdentityRoutes:
    """The routes that change who is who."""

    def __init__(self, merges: MergeService, splits: SplitService, guard: Guard) -> None:
        self._merges = merges
        self._splits = splits
        self._guard = guard

    def routes(self) -> list[Route]:
        """The routes, each for its one method."""
        return [
            route("/v1/customers/{id}/merge-preview", self.preview_merge, "POST"),
            route("/v1/customers/{id}/merge", self.merge, "POST"),
            route("/v1/merges/{id}/undo", self.undo_merge, "POST"),
            route("/v1/customers/{id}/split-preview", self.preview_split, "POST"),
            route("/v1/customers/{id}/split", self.split, "POST"),
            route("/v1/splits/{id}/undo", self.undo_split, "POST"),
        ]

    async def preview_merge(self, request: Request) -> Response:
        """`POST /v1/customers/{id}/merge-preview`: what a merge would put together."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        asked = decoding.decode(await read_json(request), PreviewQuery)
        await self._guard.consume(api_key)
        return json_answer(await self._merges.preview(request.path_params["id"], asked.from_))

    async def merge(self, request: Request) -> Response:
        """`POST /v1/customers/{id}/merge`: merges another Customer into this one."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        asked = decoding.decode(await read_json(request), MergeRequest)
        await self._guard.consume(api_key)
        return json_answer(await self._merges.merge(request.path_params["id"], asked, api_key.id))

    async def undo_merge(self, request: Request) -> Response:
        """`POST /v1/merges/{id}/undo`: takes a merge back. The body may be left out."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        body = await read_json(request) if has_body(request) else b"{}"
        asked = decoding.decode(body, UndoRequest)
        await self._guard.consume(api_key)
        merge_id = request.path_params["id"]
        return json_answer(await self._merges.undo(merge_id, asked.reason, api_key.id))

    async def preview_split(self, request: Request) -> Response:
        """`POST /v1/customers/{id}/split-preview`: the parts that the recorded events imply."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        body = await read_json(request) if has_body(request) else b"{}"
        asked = decoding.decode(body, SplitQuery)
        await self._guard.consume(api_key)
        return json_answer(await self._splits.preview(request.path_params["id"], asked.shared))

    async def split(self, request: Request) -> Response:
        """`POST /v1/customers/{id}/split`: makes a Customer of each part."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        asked = decoding.decode(await read_json(request), SplitRequest)
        await self._guard.consume(api_key)
        return json_answer(await self._splits.split(request.path_params["id"], asked, api_key.id))

    async def undo_split(self, request: Request) -> Response:
        """`POST /v1/splits/{id}/undo`: merges a part into its whole again."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        body = await read_json(request) if has_body(request) else b"{}"
        asked = decoding.decode(body, UndoRequest)
        await self._guard.consume(api_key)
        split_id = request.path_params["id"]
        return json_answer(await self._splits.undo(split_id, asked.reason, api_key.id))

    async def _admit(self, request: Request, scope: str) -> ApiKey:
        return await self._guard.authorize(headers.api_key(request), scope)
