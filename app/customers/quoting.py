"""Quoting: stored values in a text for a prompt, which they cannot leave or imitate.

A value is one JSON literal in one line. Characters that are invisible, change the order of the
text, break lines, or could close a tag or a code fence are escaped as JSON does it.
"""

import json

import msgspec
from msgspec import Raw

MAX_TEXT_LENGTH = 300  # in characters
MAX_NAME_LENGTH = 100
MAX_ENTRIES = 20  # of properties

# `str.isprintable` calls these printable: marks of tags and code, blank letters, and the selectors
# of variants, which can carry hidden text.
_UNSAFE = frozenset(
    "<>`\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
)
_LINE_BREAKS = str.maketrans("\t\n\r", "   ")
_KINDS = {"{": "object", "[": "list"}

_members = msgspec.json.Decoder(dict[str, Raw])
_text = msgspec.json.Decoder(str)


def quote(text: str, max_length: int = MAX_TEXT_LENGTH) -> str:
    """Returns a text as a JSON literal. A longer one is cut, and its length is stated."""
    literal = _escape(json.dumps(text[:max_length], ensure_ascii=False))
    return literal if len(text) <= max_length else f"{literal}… ({len(text):,} characters)"


def quote_properties(raw: Raw) -> str:
    """Returns an object as JSON in a line. Numbers keep their digits; large values are left out."""
    members = _members.decode(raw)
    shown = [
        f"{quote(name, MAX_NAME_LENGTH)}: {_value(value)}"
        for name, value in list(members.items())[:MAX_ENTRIES]
    ]
    if len(members) > MAX_ENTRIES:
        shown.append(f"… ({len(members) - MAX_ENTRIES:,} more)")
    return f"{{{', '.join(shown)}}}"


def _value(raw: Raw) -> str:
    text = bytes(raw).decode()
    if text.startswith('"'):
        return quote(_text.decode(raw))
    if len(text) > MAX_TEXT_LENGTH:
        return f"… ({_KINDS.get(text[0], 'number')} of {len(text):,} characters)"
    # Only between values: JSON has no raw line break in a string.
    return _escape(text.translate(_LINE_BREAKS))


def _escape(literal: str) -> str:
    if literal.isascii() and literal.isprintable() and _UNSAFE.isdisjoint(literal):
        return literal
    return "".join(
        character if character.isprintable() and character not in _UNSAFE else _code(character)
        for character in literal
    )


def _code(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
