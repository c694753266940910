"""Repairs of JSON that SDKs send and that the decoder cannot read.

One such call must not fail its whole request.
"""

import re
from itertools import islice

from app.segment import surrogates

MAX_LEVELS = 128  # more than an event may have: a call with more is invalid in any case
MAX_TOKENS = 250_000  # of a body, to bound the time

# Strings, brackets, and the numbers that Python's encoder writes, although RFC 8259 has none.
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]|-?Infinity|NaN', re.DOTALL)
_OPENING, _CLOSING, _QUOTE = b"[{", b"]}", b'"'


def repair(json: bytes) -> bytes:
    r"""Returns JSON in which the values that the decoder cannot read are replaced.

    An unpaired surrogate becomes `\ufffd`. NaN, the infinities, and what is nested more than
    `MAX_LEVELS` deep become null.
    """
    return _with_nulls(surrogates.replace(json))


def _with_nulls(json: bytes) -> bytes:
    parts: list[bytes] = []
    end = level = 0
    for token in islice(_TOKENS.finditer(json), MAX_TOKENS):
        text = token[0]
        if text in _OPENING:
            level += 1
            if level == MAX_LEVELS + 1:
                parts += json[end : token.start()], b"null"
        elif text in _CLOSING:
            level -= 1
            if level == MAX_LEVELS:
                end = token.end()
        elif level <= MAX_LEVELS and not text.startswith(_QUOTE):
            parts += json[end : token.start()], b"null"
            end = token.end()
    return json if level > MAX_LEVELS else b"".join([*parts, json[end:]])
