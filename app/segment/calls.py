"""Calls of tracking SDKs: their kinds, and the members that the mapping reads.

After https://segment.com/docs/connections/spec/: the common members and those of each call.
"""

import msgspec
from msgspec import Raw, Struct

from app.segment.repair import repair

# The event names of the calls; a track call has its own.
EVENT_NAMES = {
    "track": None,
    "identify": "identified",
    "page": "page_viewed",
    "screen": "screen_viewed",
    "group": "group_joined",
    "alias": "aliased",
}
KINDS = tuple(EVENT_NAMES)

ABSENT = Raw()

NOT_A_STRING = "must be a string"
NOT_AN_OBJECT = "must be an object"

_NULL = b"null"

Id = str | int | None  # programs also send integers


class Call(Struct, rename="camel"):
    """A call as sent. Other members are ignored; those of any type are JSON, empty if absent."""

    type: str | None = None
    message_id: Id = None
    user_id: Id = None
    anonymous_id: Id = None
    previous_id: Id = None
    event: str | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    group_id: Raw = ABSENT
    name: Raw = ABSENT
    category: Raw = ABSENT
    properties: Raw = ABSENT
    traits: Raw = ABSENT
    context: Raw = ABSENT


_call = msgspec.json.Decoder(Call)
_members = msgspec.json.Decoder(dict[str, Raw])
_fields = msgspec.structs.fields(Call)


def decode(raw: Raw | bytes) -> tuple[Call, set[str]]:
    """Returns the call in JSON, and the names of its members that have another type.

    Raises ValueError with a message for the client.
    """
    try:
        return _call.decode(raw), set()
    except msgspec.ValidationError:
        return _decode_slowly(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if (repaired := repair(bytes(raw))) != bytes(raw):
            return decode(repaired)
        raise ValueError(f"must be JSON in UTF-8: {error}") from None


def is_present(raw: Raw) -> bool:
    """Whether a member is there, and not null."""
    return bytes(raw) not in (b"", _NULL)


def id_text(value: Id) -> str | None:
    """Returns the text of an ID; None if it is absent or blank."""
    if isinstance(value, int):
        return str(value)
    return value if value and not value.isspace() else None


def members(raw: Raw) -> dict[str, Raw]:
    """Returns the members of an object; none if it is absent or null. Raises ValueError."""
    if not is_present(raw):
        return {}
    try:
        return _members.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError(NOT_AN_OBJECT) from None


def _decode_slowly(raw: Raw | bytes) -> tuple[Call, set[str]]:
    sent = members(Raw(raw))
    if not sent and bytes(raw) == _NULL:
        raise ValueError(NOT_AN_OBJECT)
    call, mistyped = Call(), set[str]()
    for field in _fields:
        name = field.encode_name
        if name in sent:
            try:
                value = msgspec.json.decode(sent[name], type=field.type)
            except (msgspec.DecodeError, UnicodeDecodeError):
                mistyped.add(name)
            else:
                setattr(call, field.name, value)
    return call, mistyped
