"""The bodies of the routes of tracking SDKs, as the OpenAPI document describes them.

The service reads them by `app.segment`, which rejects an invalid call, not its request.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from app.segment.calls import KINDS
from app.segment.payload import MAX_CALLS

_Object = dict[str, Any]
_Text = str | None
_Id = str | int | None


class TrackingCall(Struct, rename="camel"):
    """A call of a tracking SDK."""

    type: Annotated[
        _Text,
        Meta(
            description="The kind of a call in a batch. The path of a single call gives its kind.",
            examples=["track"],
            extra_json_schema={"enum": [*KINDS, None]},
        ),
    ] = None
    message_id: Annotated[
        _Text, Meta(description="Idempotency key: a retry stores nothing twice.")
    ] = None
    user_id: Annotated[_Id, Meta(description="Identifier `externalId`.")] = None
    anonymous_id: Annotated[_Id, Meta(description="Identifier `anonymousId`.")] = None
    event: Annotated[_Text, Meta(description="Event name of a `track` call.")] = None
    properties: _Object | None = None
    traits: Annotated[
        _Object | None,
        Meta(description="Properties of `identify` and `group`. `email` and `phone` identify."),
    ] = None
    name: Annotated[_Text, Meta(description="Name of a page or screen.")] = None
    category: Annotated[_Text, Meta(description="Category of a page or screen.")] = None
    group_id: Annotated[_Id, Meta(description="Group of a `group` call.")] = None
    previous_id: Annotated[_Id, Meta(description="Earlier ID of an `alias` call.")] = None
    context: Annotated[
        _Object | None, Meta(description="Stored in the properties, under `context`.")
    ] = None
    timestamp: Annotated[_Text, Meta(description="ISO 8601, stored as sent.")] = None
    original_timestamp: Annotated[_Text, Meta(description="Used without a `timestamp`.")] = None
    sent_at: Annotated[_Text, Meta(description="Time of the device when it sent the call.")] = None
    write_key: Annotated[_Text, Meta(description="API key, if no header has it.")] = None


class CallBatch(Struct, rename="camel"):
    """Calls of a tracking SDK, each stored or rejected by itself."""

    batch: Annotated[list[TrackingCall], Meta(max_length=MAX_CALLS)]
    context: Annotated[
        _Object | None, Meta(description="Context of all calls. A call's own members win.")
    ] = None
    sent_at: Annotated[_Text, Meta(description="Time of the device when it sent the batch.")] = None
    write_key: Annotated[_Text, Meta(description="API key, if no header has it.")] = None


class CallsAccepted(Struct):
    """The response to every request that was read, whether or not its calls were stored."""

    success: Literal[True] = True
