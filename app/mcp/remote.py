"""A remote service, which the official client of the protocol calls over HTTP."""

from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx2
import mcp_types as types
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.dispatcher import ProgressFnT
from msgspec import Struct

from app.errors import ServiceError
from app.mcp.remote_errors import NoResponse, Unreachable, response_error

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 60.0  # the deadline of a call is shorter
PATH = "/mcp"

R = TypeVar("R", bound=types.Result)


class RemoteInfo(Struct, frozen=True):
    """The name, version and instructions of a service."""

    name: str
    version: str
    title: str | None
    instructions: str | None


class RemoteService:
    """Calls the service at a URL with an API key. Each call is an HTTP request of its own.

    So the next call after a restart of the service succeeds. A call is not repeated: the agent
    knows whether a repeat is safe.
    """

    def __init__(self, url: str, key: str) -> None:
        path = urlsplit(url).path.rstrip("/")
        self._url = url.rstrip("/") + ("" if path.endswith(PATH) else PATH)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._mode = "auto"
        self._connections = httpx2.AsyncHTTPTransport(retries=1)  # of connecting alone

    async def __aenter__(self) -> Self:
        """Opens the pool of connections."""
        await self._connections.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes every connection."""
        await self._connections.__aexit__(kind, error, traceback)

    async def connect(self) -> RemoteInfo:
        """Returns the name and instructions of the service.

        Agrees on the revision of the protocol. Raises ServiceError if the service cannot be reached
        or rejects the API key.
        """
        async with _Call(self._connections, self._url, self._headers, self._mode) as client:
            self._mode = client.protocol_version
            info = client.server_info
            instructions = client.instructions
            await client.session.send_request(types.ListToolsRequest(), types.ListToolsResult)
        return RemoteInfo(
            info.name if info else "waypath-events",
            info.version if info else "",
            info.title if info else None,
            instructions,
        )

    async def send(
        self,
        request: types.Request[Any, Any],
        result_type: type[R],
        on_progress: ProgressFnT | None = None,
    ) -> R:
        """Returns the result of a request.

        Raises MCPError as the service returned it, or the ServiceError of an HTTP response or of a
        lost connection.
        """
        async with _Call(self._connections, self._url, self._headers, self._mode) as client:
            return await client.session.send_request(
                request, result_type, progress_callback=on_progress
            )


class _Call:
    """A client for one call. Its errors have the cause that the client's own errors leave out."""

    def __init__(
        self,
        connections: httpx2.AsyncHTTPTransport,
        url: str,
        headers: dict[str, str],
        mode: str,
    ) -> None:
        self._requests = _Requests(connections)
        timeout = httpx2.Timeout(READ_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS)
        self._http = httpx2.AsyncClient(headers=headers, timeout=timeout, transport=self._requests)
        self._client = Client(
            streamable_http_client(url, http_client=self._http), mode=mode, cache=None
        )

    async def __aenter__(self) -> Client:
        try:
            return await self._client.__aenter__()
        except Exception as error:
            raise self._cause(error) from error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self._client.__aexit__(kind, error, traceback)
        except Exception as raised:
            raise self._cause(raised) from raised
        if isinstance(error, Exception):
            raise self._cause(error) from error

    def _cause(self, error: Exception) -> Exception:
        if self._requests.error is not None:
            return self._requests.error
        while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        return error


class _Requests(httpx2.AsyncBaseTransport):
    """The HTTP requests of a call, by shared connections. `error` is that of the last one."""

    def __init__(self, connections: httpx2.AsyncHTTPTransport) -> None:
        self._connections = connections
        self.error: ServiceError | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        self.error = None
        try:
            response = await self._connections.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            self.error = Unreachable(origin, str(error))
            raise
        except httpx2.TransportError as error:
            self.error = NoResponse(origin, str(error) or type(error).__name__)
            raise
        if response.is_error:
            body = await response.aread()
            self.error = response_error(origin, response.status_code, response.headers, body)
        return response
