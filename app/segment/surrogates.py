"""Unpaired surrogates in JSON: halves of a character, which programs leave when they cut a text.

JSON can write them as escapes, but no text in UTF-8 has them.
"""

import re

# All escapes in turn, so that an escaped backslash does not begin another one. A pair of surrogates
# comes before an unpaired one, which alone is a group.
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)

_MAX_ESCAPES = 500_000  # of a body, to bound the time


def replace(json: bytes) -> bytes:
    r"""Returns JSON in which each unpaired surrogate is `\ufffd`, as web browsers do in texts."""
    return _ESCAPES.sub(
        lambda escape: rb"\ufffd" if escape[1] else escape[0], json, count=_MAX_ESCAPES
    )
