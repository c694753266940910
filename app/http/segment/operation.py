"""Operations of tracking SDKs: their authentication and the form of their errors."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.access.guard import Guard
from app.errors import ServiceError, Unauthenticated
from app.http import responses
from app.http.body import read_any
from app.http.endpoints import Call, Handler, Operation
from app.http.responses import ErrorBody
from app.http.segment import credentials
from app.segment import payload


class CallErrorBody(ErrorBody, frozen=True):
    """The body of an error: SDKs read `code` and `message` at the top."""

    code: str
    message: str


class SegmentOperation(Operation, frozen=True, kw_only=True):
    """An operation whose API key may be in the body, and whose body is read as JSON.

    The body may have any media type. Its handler takes the bytes.
    """

    error_body: type = CallErrorBody
    security: tuple[str, ...] = ("apiKey", "basic", "bearer")

    def bind(self, handler: Callable[..., Awaitable[Response]], guard: Guard) -> Handler:
        """The handler behind the guard. A request without a header is read first."""

        async def handle(request: Request) -> Response:
            body = None
            key = credentials.from_headers(request)
            if key is None:
                body = await read_any(request)
                key = payload.write_key(body)
            if key is None:
                raise Unauthenticated(credentials.MISSING)
            api_key = await guard.authorize_any(key)
            credentials.require_sender(api_key, request)
            body = await read_any(request) if body is None else body
            return await handler(Call(request, api_key, body, guard))

        return handle

    def error_content(self, error: ServiceError, request_id: str | None = None) -> Any:
        """The body of an error, in the contract's form and in that of SDKs."""
        return error_content(error, request_id)


def error_content(error: ServiceError, request_id: str | None = None) -> CallErrorBody:
    """The body of an error, in the contract's form and in that of SDKs."""
    content = responses.error_content(error, request_id)
    return CallErrorBody(content.error, error.code, error.message)
