"""The MCP endpoint: authorises a request, reads its body, and passes it to the MCP server."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from app.access.authenticator import ApiKey
from app.access.guard import Guard
from app.access.token_policy import TokenClient
from app.errors import Unauthenticated
from app.http import headers
from app.http.body import read_json
from app.http.errors import ForbiddenOrigin, MisdirectedRequest
from app.mcp.protected_resource import ProtectedResource

_PROGRESS = b'"progressToken"'


class SessionManager(Protocol):
    """Handles authorised requests while it runs."""

    def run(self) -> AbstractAsyncContextManager[None]:
        """Runs the session manager while the context is open."""
        ...

    async def handle_request(
        self, scope: Scope, receive: Receive, send: Send, *, streams: bool
    ) -> None:
        """Handles a request. With `streams`, the response may be a stream of events."""
        ...


class McpEndpoint:
    """`POST /mcp`, for requests whose Host, and Origin if there is one, are among `hosts`.

    The first request loads the MCP server in a thread, which takes a second. `resource` has the
    challenges for clients with access tokens. Raises MisdirectedRequest, ForbiddenOrigin or
    Unauthenticated before it reads the body, and the errors of `read_json`. Raises ForbiddenScope
    for an access token without the scope of a request; for an API key, the result has that error.
    """

    def __init__(
        self,
        guard: Guard,
        hosts: Iterable[str],
        load: Callable[[], SessionManager],
        resource: ProtectedResource | None = None,
    ) -> None:
        self._guard = guard
        self._hosts = tuple(hosts)
        self._load = load
        self._resource = resource
        self._is_needed = asyncio.Event()
        self._loaded: asyncio.Future[SessionManager] | None = None

    async def run(self) -> None:
        """Runs the MCP server from the first request on, until cancelled."""
        loaded = self._loaded = asyncio.get_running_loop().create_future()
        await self._is_needed.wait()
        try:
            manager = await asyncio.to_thread(self._load)
        except Exception as error:
            loaded.set_exception(error)
            raise
        async with manager.run():
            loaded.set_result(manager)
            await asyncio.Event().wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        request = Request(scope, receive)
        self._require_known_host(request)
        caller = await self._authorize(request)
        body = await read_json(request)
        if self._resource and isinstance(caller, TokenClient):
            self._resource.require_scopes(caller, request, body)
        self._is_needed.set()
        assert self._loaded is not None  # noqa: S101 - the lifespan runs us before any request
        manager = await asyncio.shield(self._loaded)
        await manager.handle_request(
            scope, _replayed(body, receive), send, streams=_wants_stream(request, body)
        )

    async def _authorize(self, request: Request) -> ApiKey:
        try:
            return await self._guard.authorize(headers.agent_key(request))
        except Unauthenticated as error:
            challenge = self._resource.challenge if self._resource else headers.bearer_challenge
            error.challenge = challenge(request)
            raise

    def _require_known_host(self, request: Request) -> None:
        """Rejects web pages that reach the service by DNS rebinding."""
        if not self._is_known(request.headers.get("host", "")):
            raise MisdirectedRequest()
        origin = request.headers.get("origin")
        if not origin:
            return
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not self._is_known(host):
            raise ForbiddenOrigin(
                "The Origin header names an unknown host. Add the host to WAYPATH_MCP_HOSTS."
            )

    def _is_known(self, host: str) -> bool:
        return any(host == known or host.startswith(f"{known}:") for known in self._hosts)


def _wants_stream(request: Request, body: bytes) -> bool:
    """Whether a request asks for progress. The word may also be in an event, which does no harm:
    the client takes both kinds of responses.
    """
    return _PROGRESS in body and "text/event-stream" in request.headers.get("accept", "")


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
