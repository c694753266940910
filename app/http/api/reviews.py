"""The review routes: reviewers see who may be one person, and decide who is not."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.access.api_keys import IDENTITY_READ, IDENTITY_WRITE
from app.access.authenticator import ApiKey
from app.access.guard import Guard
from app.http import decoding, headers
from app.http.body import has_body, read_json
from app.http.responses import json_answer
from app.http.routing import route
from app.identity.audit import AuditQuery, AuditReader
from app.identity.conflicts import IdentityConflictQuery, IdentityConflictReader
from app.identity.reason import UndoRequest
from app.identity.reviews import Dismissal, ReviewService, SharedMark


class ReviewRoutes:
    """The routes that tell what to review, what was decided, and take decisions."""

    def __init__(
        self,
        conflicts: IdentityConflictReader,
        reviews: ReviewService,
        audit: AuditReader,
        guard: Guard,
    ) -> None:
        self._conflicts = conflicts
        self._reviews = reviews
        self._audit = audit
        self._guard = guard

    def routes(self) -> list[Route]:
        """The routes, each for its one method."""
        return [
            route("/v1/identity/conflicts", self.read_conflicts, "GET"),
            route("/v1/identity/conflicts/{id}/dismiss", self.dismiss_conflict, "POST"),
            route("/v1/dismissals/{id}/undo", self.undo_dismissal, "POST"),
            route("/v1/identity/shared", self.mark_shared, "POST"),
            route("/v1/identity/changes", self.read_changes, "GET"),
        ]

    async def read_conflicts(self, request: Request) -> Response:
        """`GET /v1/identity/conflicts`: a page of those who may be one person."""
        api_key = await self._admit(request, IDENTITY_READ)
        asked = decoding.from_parameters(request.query_params.multi_items(), IdentityConflictQuery)
        await self._guard.consume(api_key)
        return json_answer(await self._conflicts.read(asked))

    async def dismiss_conflict(self, request: Request) -> Response:
        """`POST /v1/identity/conflicts/{id}/dismiss`: remembers that the two are not the same."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        sent = decoding.decode(await read_json(request), Dismissal)
        await self._guard.consume(api_key)
        conflict = request.path_params["id"]
        return json_answer(await self._reviews.dismiss(conflict, sent, api_key.id))

    async def undo_dismissal(self, request: Request) -> Response:
        """`POST /v1/dismissals/{id}/undo`: undoes a dismissal. The body may be left out."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        body = await read_json(request) if has_body(request) else b"{}"
        sent = decoding.decode(body, UndoRequest)
        await self._guard.consume(api_key)
        dismissal = request.path_params["id"]
        return json_answer(await self._reviews.undo_dismissal(dismissal, sent.reason, api_key.id))

    async def mark_shared(self, request: Request) -> Response:
        """`POST /v1/identity/shared`: marks a key as shared by several people, or unmarks it."""
        api_key = await self._admit(request, IDENTITY_WRITE)
        sent = decoding.decode(await read_json(request), SharedMark)
        await self._guard.consume(api_key)
        return json_answer(await self._reviews.mark(sent, api_key.id))

    async def read_changes(self, request: Request) -> Response:
        """`GET /v1/identity/changes`: a page of what was done to identities, by whom and why."""
        api_key = await self._admit(request, IDENTITY_READ)
        asked = decoding.from_parameters(request.query_params.multi_items(), AuditQuery)
        await self._guard.consume(api_key)
        return json_answer(await self._audit.read(asked))

    async def _admit(self, request: Request, scope: str) -> ApiKey:
        return await self._guard.authorize(headers.api_key(request), scope)
