"""Calls of tracking SDKs: their kinds, and the members that the mapping reads.

After https://segment.com/docs/connections/spec/: the common members and those of each call.
"""

from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct

from app.domain.validation import FieldErrors

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
_text = msgspec.json.Decoder(str)
_members = msgspec.json.Decoder(dict[str, Raw])


class Call(Struct, rename="camel"):
    """A call as sent: the JSON of each member, empty if it is absent. Other members are ignored."""

    type: Raw = ABSENT
    message_id: Raw = ABSENT
    user_id: Raw = ABSENT
    anonymous_id: Raw = ABSENT
    previous_id: Raw = ABSENT
    group_id: Raw = ABSENT
    event: Raw = ABSENT
    name: Raw = ABSENT
    category: Raw = ABSENT
    properties: Raw = ABSENT
    traits: Raw = ABSENT
    context: Raw = ABSENT
    timestamp: Raw = ABSENT
    original_timestamp: Raw = ABSENT
    sent_at: Raw = ABSENT


_call = msgspec.json.Decoder(Call)


def decode(raw: Raw | bytes) -> Call:
    """Returns the call in JSON. Raises ValueError with a message for the client."""
    try:
        return _call.decode(raw)
    except msgspec.ValidationError:
        raise ValueError(NOT_AN_OBJECT) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"must be JSON in UTF-8: {error}") from None


def is_present(raw: Raw) -> bool:
    """Whether a member is there, and not null."""
    return bytes(raw) not in (b"", _NULL)


def text(raw: Raw) -> str | None:
    """Returns the text of a member; None if it is absent, null or blank.

    Raises ValueError with a message for the client if it is no string.
    """
    if not is_present(raw):
        return None
    try:
        value = _text.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError(NOT_A_STRING) from None
    return value if value and not value.isspace() else None


def id_text(raw: Raw) -> str | None:
    """Returns the text of an ID, which programs also send as an integer. Raises ValueError."""
    digits = bytes(raw)
    return digits.decode() if digits.removeprefix(b"-").isdigit() else text(raw)


def field(
    raw: Raw, path: str, errors: FieldErrors, read: Callable[[Raw], str | None] = text
) -> str | None:
    """Returns the text of a member. If it has none, adds the error of `read` to `errors`."""
    try:
        return read(raw)
    except ValueError as error:
        errors.add(path, str(error))
        return None


def members(raw: Raw) -> dict[str, Raw]:
    """Returns the members of an object; none if it is absent or null. Raises ValueError."""
    if not is_present(raw):
        return {}
    try:
        return _members.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError(NOT_AN_OBJECT) from None
