"""Positions: the last record of each process that a reader has, as an event ID of the stream."""

import re
from collections.abc import Mapping

MAX_SOURCES = 1000

_FORM = re.compile(r"([0-9a-f]{8})\.(\d{1,15})", re.ASCII)

Positions = dict[str, int]  # from the process to the number of its last record


def encode(positions: Mapping[str, int]) -> str:
    """Returns the positions as text: `0a1b2c3d.15,4e5f6a7b.22`."""
    return ",".join(f"{source}.{number}" for source, number in positions.items())


def decode(text: str) -> Positions | None:
    """Returns the positions in a text, or None if it has not their form."""
    parts = text.split(",", MAX_SOURCES)
    matches = [_FORM.fullmatch(part) for part in parts]
    if not all(matches):
        return None
    return {match[1]: int(match[2]) for match in matches if match}
