"""Truncation: a response is cut to a number of bytes, by leaving out items of its lists."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

R = TypeVar("R", bound=Struct)

_encode = msgspec.json.Encoder().encode


def truncate(
    response: R, max_bytes: int, fields: Sequence[str], reserve: int
) -> tuple[R, dict[str, int] | None]:
    """The response in at most `max_bytes` of JSON, and how many items each list has lost.

    The lists in `fields` lose items in that order, until `reserve` bytes are left for an account of
    it. None if all of the response has room.
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
