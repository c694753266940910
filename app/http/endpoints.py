"""Endpoints: the one declaration of each route, with its handler.

A route class has methods under an `Operation`, or another kind of `Endpoint`. From these come the
router, what the guard checks, and the OpenAPI document.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from app import errors
from app.access.authenticator import ApiKey
from app.access.guard import Guard
from app.errors import ServiceError
from app.http import decoding, headers
from app.http import errors as http_errors
from app.http.body import has_body, read_json
from app.http.responses import ErrorBody, error_content

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Awaitable[Response]])

Handler = Callable[[Request], Awaitable[Response]]

ATTRIBUTE = "endpoint"  # of a handler: its declaration

# The errors of all routes, of routes with a body, and of routes with an API key.
_ANY_ERRORS = (
    http_errors.InvalidRequest,
    http_errors.MethodNotAllowed,
    http_errors.HeadersTooLarge,
    ServiceError,
)
_BODY_ERRORS = (
    errors.InvalidPayload,
    http_errors.RequestTimeout,
    errors.PayloadTooLarge,
    http_errors.UnsupportedMediaType,
)
_API_KEY_ERRORS = (
    errors.Unauthenticated,
    errors.ForbiddenScope,
    errors.RateLimited,
    errors.Unavailable,
)


class Call(Struct, Generic[T]):
    """An authorised request: its API key, and its decoded body or query."""

    request: Request
    api_key: ApiKey
    payload: T
    guard: Guard

    @property
    def id(self) -> str:
        """The `{id}` of the path."""
        return self.request.path_params["id"]

    async def consume(self, events: int) -> None:
        """Counts events against the rate limit. Raises RateLimited or PayloadTooLarge."""
        await self.guard.consume(self.api_key, events)


class Endpoint(Struct, frozen=True, kw_only=True):
    """A method of a path: a decorator of its handler.

    With a `scope`, the guard authorises the API key that `key_of` finds in the request, and the
    handler takes a Call. Without one the route is open, and the handler takes a Request.
    `allow_stale` accepts a known API key while the database is unavailable.

    A `cost` of one call is consumed once the request is decoded. A handler whose cost is its
    events consumes them itself.

    A `body` of one type is decoded, and may be absent if it `is_body_optional`. The handler reads
    a body that has several types. `query` is the type of the parameters of the URL, and
    `id_field` the name of its field that the `{id}` of the path fills. `around` takes the object
    of the handler and the bound handler, and returns the handler to call instead.

    `aliases` are other paths of the endpoint. `preflight` handles the OPTIONS requests of browsers
    (CORS), which have no API key.
    """

    method: str
    path: str
    scope: str | None = None
    allow_stale: bool = False
    cost: Literal["call", "events"] = "call"
    body: tuple[type, ...] = ()
    is_body_optional: bool = False
    query: type | None = None
    id_field: str | None = None
    key_of: Callable[[Request], str | None] = headers.api_key
    around: Callable[[Any, Handler], Handler] | None = None
    aliases: tuple[str, ...] = ()
    preflight: Handler | None = None

    def __call__(self, method: Method) -> Method:
        """The method, under this declaration."""
        setattr(method, ATTRIBUTE, self)
        return method

    def bind(self, handler: Callable[..., Awaitable[Response]], guard: Guard) -> Handler:
        """The handler behind the guard, and behind the decoder of its body or query."""
        if self.scope is None:
            return handler
        scope, key_of, allow_stale = self.scope, self.key_of, self.allow_stale
        decode, is_one_call = self._decoder(), self.cost == "call"

        async def handle(request: Request) -> Response:
            api_key = await guard.authorize(key_of(request), scope, allow_stale=allow_stale)
            payload = await decode(request) if decode else None
            if is_one_call:
                await guard.consume(api_key)
            return await handler(Call(request, api_key, payload, guard))

        return handle

    def _decoder(self) -> Callable[[Request], Awaitable[Any]] | None:
        if len(self.body) == 1:
            return _body_decoder(self.body[0], self.is_body_optional)
        return _query_decoder(self.query, self.id_field) if self.query else None


class Example(Struct, frozen=True):
    """A request's body, if it has one, and the response's."""

    response: Any
    request: Any = None


class Operation(Endpoint, frozen=True, kw_only=True):
    """An endpoint of the JSON API, with its texts for the OpenAPI document.

    `response` has the types of which the body is one, and is empty for a text of the `media_type`;
    `returns` describes it, and `accepted` a 202. `errors` are those of the use case; `all_errors`
    adds the others. `error_examples` replace the general examples of these errors. `security`
    names the ways to send the API key.
    """

    id: str
    tag: str
    summary: str
    description: str
    returns: str
    response: tuple[type, ...] = ()
    media_type: str = "text/plain"
    accepted: str | None = None
    errors: tuple[type[ServiceError], ...] = ()
    error_examples: tuple[ServiceError, ...] = ()
    request_headers: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()
    examples: Mapping[str, Example] = {}
    error_body: type = ErrorBody
    security: tuple[str, ...] = ("apiKey",)

    def error_content(self, error: ServiceError, request_id: str | None = None) -> Any:
        """The body of an error, an `error_body`."""
        return error_content(error, request_id)

    @property
    def all_errors(self) -> tuple[type[ServiceError], ...]:
        """Every error that the endpoint may return."""
        return (
            *_ANY_ERRORS,
            *(_BODY_ERRORS if self.body else ()),
            *(_API_KEY_ERRORS if self.scope else ()),
            *((errors.InvalidPayload,) if self.query and not self.body else ()),
            *((http_errors.NotFound,) if "{id}" in self.path else ()),
            *self.errors,
        )

    @property
    def query_names(self) -> list[str]:
        """The parameters of the URL."""
        fields = msgspec.structs.fields(self.query) if self.query else ()
        return [field.encode_name for field in fields if field.encode_name != self.id_field]


def _body_decoder(kind: type[T], is_optional: bool) -> Callable[[Request], Awaitable[T]]:
    async def decode(request: Request) -> T:
        is_absent = is_optional and not has_body(request)
        return decoding.decode(b"{}" if is_absent else await read_json(request), kind)

    return decode


def _query_decoder(kind: type[T], id_field: str | None) -> Callable[[Request], Awaitable[T]]:
    async def decode(request: Request) -> T:
        if id_field is None and not request.scope["query_string"]:
            return decoding.convert({}, kind)
        known = {id_field: request.path_params["id"]} if id_field else {}
        return decoding.from_parameters(request.query_params.multi_items(), kind, **known)

    return decode
