"""The operations of tracking SDKs, with their texts for the OpenAPI document."""

from typing import Any

import msgspec

from app import errors
from app.access.api_keys import EVENTS_WRITE
from app.http import errors as http_errors
from app.http.body import UNKNOWN_ENCODING
from app.http.endpoints import Example
from app.http.segment import cors, credentials
from app.http.segment.operation import SegmentOperation
from app.http.segment.schemas import CallBatch, CallsAccepted, TrackingCall

SUCCESS = {"success": True}

_CALL = {"messageId": "m-1", "userId": "crm-42", "timestamp": "2026-04-29T10:14:32.123Z"}
_BODIES: dict[str, Any] = {
    "track": _CALL | {"event": "Order Completed", "properties": {"total": 27.5}},
    "identify": _CALL | {"traits": {"email": "jane@acme.com", "plan": "pro"}},
    "page": _CALL | {"name": "Pricing", "properties": {"url": "/pricing"}},
    "screen": _CALL | {"name": "Pricing"},
    "group": _CALL | {"groupId": "acme", "traits": {"employees": 12}},
    "alias": _CALL | {"previousId": "507f191e-810c-4197-29de-860ea00c9a1e"},
}
_BATCH = {
    "batch": [{"type": kind} | body for kind, body in _BODIES.items()][:2],
    "sentAt": "2026-04-29T10:14:33.000Z",
}
_EVENTS = {
    "track": "the event that it names",
    "identify": "the event `identified`, with the traits as properties",
    "page": "the event `page_viewed`",
    "screen": "the event `screen_viewed`",
    "group": "the event `group_joined`",
    "alias": "the event `aliased`",
}
_RULES = (
    "The body is JSON, of any media type. The write key is an API key: as the user of Basic "
    "authentication, as a Bearer token, in `X-API-Key`, or as `writeKey` in the body. `messageId` "
    "is the idempotency key of a call. An invalid call is listed by `GET /v1/rejections`; the "
    "response is 200 all the same, because SDKs give up all calls of a request with an error. "
    "Limits: 5 MiB a request; each call counts against the rate limit."
)


_BASE = SegmentOperation(
    method="POST",
    path="",
    id="",
    tag="Segment",
    summary="",
    description=_RULES,
    scope=EVENTS_WRITE,
    cost="events",
    response=(CallsAccepted,),
    returns="The request was read, and its valid calls are durably stored.",
    errors=(http_errors.ForbiddenOrigin,),
    error_examples=(
        http_errors.ForbiddenOrigin(credentials.OTHER_ORIGIN),
        errors.Unauthenticated(credentials.MISSING),
        http_errors.UnsupportedMediaType(UNKNOWN_ENCODING),
    ),
    around=lambda routes, handler: routes.respond(handler),
    preflight=cors.preflight,
)


def single(kind: str) -> SegmentOperation:
    """The operation of a kind of call, also under the first letter of its name."""
    article = "an" if kind[0] in "ai" else "a"
    return msgspec.structs.replace(
        _BASE,
        path=f"/v1/{kind}",
        aliases=(f"/v1/{kind[0]}",),
        id=f"{kind}Call",
        summary=f"Store {article} {kind} call",
        description=f"Stores one call of a tracking SDK as {_EVENTS[kind]}. {_RULES}",
        body=(TrackingCall,),
        examples={kind: Example(SUCCESS, request=_BODIES[kind])},
    )


def batch() -> SegmentOperation:
    """The operation of batches."""
    return msgspec.structs.replace(
        _BASE,
        path="/v1/batch",
        aliases=("/v1/import", "/v1/b"),
        id="batchCalls",
        summary="Store a batch of calls",
        description=(
            "Stores calls of a tracking SDK, each by itself: an invalid one affects no other. "
            f"{_RULES}"
        ),
        body=(CallBatch,),
        examples={"batch": Example(SUCCESS, request=_BATCH)},
    )
