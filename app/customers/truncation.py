"""Truncation of a response to a number of bytes, by leaving out items of its lists."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

R = TypeVar("R", bound=Struct)

_encode = msgspec.json.Encoder().encode


def truncate(
    response: R, max_bytes: int, fields: Sequence[str], reserve: int
) -> tuple[R, dict[str, int] | None]:
    """Returns the response in at most `max_bytes` of JSON, and the number of items left out.

    Shortens the lists in `fields` in that order, and leaves `reserve` bytes for their counts.
    Returns the response unchanged and None if it fits.
    """
    excess = len(_encode(response)) - max_bytes
    if excess <= 0:
        return response, None
    excess += reserve
    omitted: dict[str, int] = {}
    remaining: dict[str, list[object]] = {}
    for field in fields:
        items = remaining[field] = list(getattr(response, field))
        while excess > 0 and items:
            excess -= len(_encode(items.pop())) + 1
            omitted[field] = omitted.get(field, 0) + 1
    return msgspec.structs.replace(response, **remaining), omitted
