"""JSON lines: a JSON object a line, as the records of a file."""

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Raw

from app.bulk import records
from app.bulk.records import Text
from app.bulk.source import Lines

_object = msgspec.json.Decoder(dict[str, Raw])
_key = msgspec.json.Decoder(str | int)
_OWN = {field.encode_name for field in msgspec.structs.fields(records.EventIngest)}


def texts(lines: Lines, translate: Callable[[bytes], bytes]) -> Iterator[Text]:
    """The records in lines, less the blank ones; `translate` makes an event of each."""
    for line in lines:
        if content := line.strip():
            yield records.text(lines.count, content, translate)


def unchanged(line: bytes) -> bytes:
    """The line itself, which is an event as the service takes it."""
    return line


def keyed(line: bytes, field: str) -> bytes:
    """The event of a line whose idempotency key stands in `field`, as text or as an integer.

    A field that events do not have is taken out. Raises InvalidPayload.
    """
    members = decode(line)
    if field not in members:
        raise records.fault(field, "is required")
    key = members[field] if field in _OWN else members.pop(field)
    try:
        members["idempotencyKey"] = Raw(msgspec.json.encode(str(_key.decode(key))))
    except msgspec.ValidationError:
        raise records.fault(field, "must be a string or an integer") from None
    return msgspec.json.encode(members)


def decode(line: bytes) -> dict[str, Raw]:
    """The members of the object in a line, as JSON each. Raises InvalidPayload."""
    try:
        return _object.decode(line)
    except msgspec.ValidationError:
        raise records.fault("", "must be an object") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise records.fault("", f"is not JSON in UTF-8: {error}") from None
