"""The properties of an event as the rows of a table: a path, and the values at it."""

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

MAX_ROWS = 300
MAX_CHARACTERS = 20_000  # of all values of an event; its JSON has the rest
MAX_VALUE_CHARACTERS = 500
MAX_LIST_VALUES = 50  # in one row
MAX_DEPTH = 16
# A browser shows nothing for most control characters.
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {0x7F: 0x2421}


class Value(Struct, frozen=True):
    """A value as text. `kind` is text, number, word (true, false, null) or empty.

    A number has each digit as in the request. If `is_cut`, the text is only its beginning.
    """

    kind: str
    text: str
    is_cut: bool = False


class PropertyRow(Struct, frozen=True):
    """The values at a path: one, or those of a list. `omitted` is the number of others there.

    The path has the names of the objects, and numbers for the places in lists.
    """

    path: tuple[str | int, ...]
    values: list[Value]
    omitted: int = 0


class PropertyTable(Struct, frozen=True):
    """The rows of the properties. `is_cut` is whether others were left out."""

    rows: list[PropertyRow]
    is_cut: bool = False


class _Number(str):
    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """The pairs of an object, since a name may be there more than once."""

    __slots__ = ()


_decode = json.JSONDecoder(object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number).decode


def property_table(properties: bytes) -> PropertyTable:
    """Returns the table of properties in JSON; with too deep nesting, an empty one that is cut."""
    try:
        found = _decode(properties.decode())
    except RecursionError:
        return PropertyTable([], True)
    rows: list[PropertyRow] = []
    characters = 0
    for row in _rows((), found):
        characters += sum(len(value.text) for value in row.values)
        if len(rows) == MAX_ROWS or characters > MAX_CHARACTERS:
            return PropertyTable(rows, True)
        rows.append(row)
    return PropertyTable(rows)


def _rows(path: tuple[str | int, ...], found: Any) -> Iterator[PropertyRow]:
    is_list = isinstance(found, list) and not isinstance(found, _Object)
    if len(path) > MAX_DEPTH or not isinstance(found, list) or (path and not found):
        yield PropertyRow(path, [_value(found)])
    elif is_list and not any(isinstance(item, list) for item in found):
        values = [_value(item) for item in found[:MAX_LIST_VALUES]]
        yield PropertyRow(path, values, len(found) - len(values))
    else:
        for name, value in enumerate(found) if is_list else found:
            yield from _rows((*path, name), value)


def _value(found: Any) -> Value:
    if isinstance(found, list):
        brackets = "{}" if isinstance(found, _Object) else "[]"
        return Value("word", brackets if not found else "…".join(brackets), bool(found))
    if found is None or isinstance(found, bool):
        return Value("word", json.dumps(found))
    if isinstance(found, _Number):
        return Value("number", found[:MAX_VALUE_CHARACTERS], len(found) > MAX_VALUE_CHARACTERS)
    if not found:
        return Value("empty", "empty text")
    text = found[:MAX_VALUE_CHARACTERS].translate(_VISIBLE)
    return Value("text", text, len(found) > MAX_VALUE_CHARACTERS)
