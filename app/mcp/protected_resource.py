"""The endpoint as a protected resource of OAuth: its metadata (RFC 9728), and its challenges."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.access.token_policy import TokenClient, TokenPolicy
from app.errors import ForbiddenScope
from app.http import headers
from app.http.responses import json_response
from app.mcp.required_scopes import required_scopes
from app.mcp.tool import Tool

ENDPOINT = "/mcp"
METADATA = "/.well-known/oauth-protected-resource"


class ProtectedResource:
    """Names the issuer of access tokens, and the scopes of the offered tools, to clients."""

    def __init__(self, policy: TokenPolicy, tools: Mapping[str, Tool]) -> None:
        self._policy = policy
        self._tools = tools
        self._scopes = {tool.scope for tool in tools.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Returns the metadata."""
        content = {
            "resource": self._address(Request(scope)),
            "authorization_servers": [self._policy.issuer],
            "scopes_supported": self._requested(self._scopes),
            "bearer_methods_supported": ["header"],
            "resource_name": "Waypath Events",
        }
        # A web page may be the client. The address may be that of the request.
        fields = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
        await json_response(content, headers=fields)(scope, receive, send)

    def challenge(self, request: Request) -> str:
        """Returns the `WWW-Authenticate` of a request without a valid credential."""
        return f"{headers.bearer_challenge(request)}, {self._where(request, self._scopes)}"

    def require_scopes(self, client: TokenClient, request: Request, body: bytes) -> None:
        """Raises ForbiddenScope, with a challenge, if a client lacks the scope of its request."""
        required = required_scopes(body, self._tools)
        if not required or client.scopes.intersection(required):
            return
        missing = next(iter(required))
        error = ForbiddenScope(missing, "access token")
        # With the scopes that it has: the next token replaces this one.
        where = self._where(request, {*client.scopes, missing})
        error.challenge = f'{headers.BEARER}, error="insufficient_scope", {where}'
        raise error

    def _where(self, request: Request, scopes: Iterable[str]) -> str:
        parts = urlsplit(self._address(request))
        metadata = f"{parts.scheme}://{parts.netloc}{METADATA}{parts.path}"
        requested = " ".join(self._requested(scopes))
        return f'scope="{requested}", resource_metadata="{metadata}"'

    def _requested(self, scopes: Iterable[str]) -> list[str]:
        """The names of scopes by which a client requests them of the issuer."""
        return sorted(self._policy.request_prefix + scope for scope in scopes)

    def _address(self, request: Request) -> str:
        """The URL of the endpoint: the audience of its tokens, if that is a URL."""
        if self._policy.audience.startswith(("https://", "http://")):
            return self._policy.audience
        return f"{request.url.scheme}://{request.url.netloc}{ENDPOINT}"
