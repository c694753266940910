"""Pagination: pages, and the cursor of the next page."""

import base64
import binascii
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from app.domain import timestamps

P = TypeVar("P", bound=Struct)
T = TypeVar("T")

_YEAR_0, _YEAR_9999 = -62_167_300_000, 253_402_400_000  # with a day to spare for offsets


class _TimePosition(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    seconds: Annotated[int, Meta(ge=_YEAR_0, le=_YEAR_9999)]
    nanoseconds: Annotated[int, Meta(ge=0, lt=10**9)]
    id: Annotated[str, Meta(max_length=255)]


def page(items: list[T], limit: int, scan_end: T | None = None) -> tuple[list[T], T | None]:
    """Returns the items of a page, and the item before the next page: None on the last page.

    `items` has one more than `limit` if there are more. Otherwise `scan_end` is the position where
    a bounded scan for items ended, or None if the scan was complete.
    """
    if len(items) > limit:
        return items[:limit], items[limit - 1]
    return items, scan_end


def encode(position: Struct) -> str:
    """Returns the cursor of a position."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def decode(cursor: str, kind: type[P]) -> P:
    """Returns the position of a cursor. Raises ValueError with a message for the client."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        raise ValueError("must be the nextCursor of a page") from None


def encode_time(at: tuple[int, int], item_id: str) -> str:
    """Returns the cursor of a page in time: the time and the ID of its last item."""
    return encode(_TimePosition(*at, item_id))


def decode_time(cursor: str) -> dict[str, Any]:
    """Returns `at` and `id` of such a cursor. Raises ValueError with a message for the client."""
    position = decode(cursor, _TimePosition)
    return {"at": [position.seconds, position.nanoseconds], "id": position.id}


def decode_start(text: str) -> dict[str, Any]:
    """Returns `at` and `id` of a timestamp, or of such a cursor.

    Raises ValueError with a message for the client.
    """
    try:
        return {"at": [*timestamps.parse(text.strip())], "id": ""}
    except ValueError:
        pass
    try:
        return decode_time(text)
    except ValueError:
        raise ValueError("must be a timestamp, or the nextCursor of a page") from None
