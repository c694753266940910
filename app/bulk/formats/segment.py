"""Segment: turns the calls of a Segment export into events.

After https://segment.com/docs/connections/spec/: the common fields and those of each call.
"""

import msgspec
from msgspec import Raw

from app.bulk import records
from app.bulk.formats.jsonl import decode

# The event names of the calls that have no event name.
EVENT_NAMES = {"identify": "identified", "page": "page_viewed", "screen": "screen_viewed"}

_object = msgspec.json.Decoder(dict[str, Raw])
_text = msgspec.json.Decoder(str)
_NULL = b"null"

Members = dict[str, Raw]


def event(line: bytes) -> bytes:
    """The event of a call: `track`, `identify`, `page` or `screen`.

    Its identifiers are `userId`, or else `anonymousId`, and the email and phone of the traits.
    `messageId` is the idempotency key. Raises InvalidPayload.
    """
    call = decode(line)
    kind = _kind(call)
    traits = {**_members(_members(call, "context"), "traits"), **_members(call, "traits")}
    timestamp = _first(call, "timestamp", "originalTimestamp")
    message_id = _first(call, "messageId")
    if message_id is None:
        raise records.record_error("messageId", "is required")
    members = {
        "event": _first(call, "event") if kind == "track" else EVENT_NAMES[kind],
        "externalId": _external_id(call),
        "email": _first(traits, "email"),
        "phone": _first(traits, "phone"),
        "timestamp": timestamp,
        "idempotencyKey": message_id,
        "properties": _properties(call, kind),
    }
    present = {name: value for name, value in members.items() if value is not None}
    return msgspec.json.encode(present)


def _kind(call: Members) -> str:
    try:
        kind = _text.decode(call.get("type", _NULL))
    except msgspec.ValidationError:
        raise records.record_error("type", "is required") from None
    if kind != "track" and kind not in EVENT_NAMES:
        supported = ", ".join(("track", *EVENT_NAMES))
        raise records.record_error("type", f"must be one of {supported}, not {kind[:100]}")
    return kind


def _properties(call: Members, kind: str) -> Raw | Members | None:
    """The properties or traits of a call, with the name and category of a page or screen."""
    properties = _first(call, "traits" if kind == "identify" else "properties")
    names = {name: call[name] for name in ("name", "category") if _first(call, name)}
    if kind not in ("page", "screen") or not names:
        return properties
    try:
        return {**names, **_object.decode(properties or b"{}")}
    except msgspec.ValidationError:
        return properties  # rejected later, with its own field name


def _external_id(call: Members) -> Raw | None:
    external_id = _first(call, "userId", "anonymousId")
    # Some libraries send a number.
    if external_id is not None and bytes(external_id).isdigit():
        return Raw(b'"%b"' % bytes(external_id))
    return external_id


def _first(members: Members, *names: str) -> Raw | None:
    for name in names:
        if bytes(members.get(name, _NULL)) not in (_NULL, b'""'):
            return members[name]
    return None


def _members(members: Members, name: str) -> Members:
    try:
        return _object.decode(members.get(name, b"{}"))
    except msgspec.ValidationError:
        return {}
