"""Optional text: a field that may be absent or blank, and else is parsed."""

from collections.abc import Callable
from typing import TypeVar

from app.errors import Detail

T = TypeVar("T")


def read(text: str | None, path: str, parse: Callable[[str], T], faults: list[Detail]) -> T | None:
    """What a text says, or None where it is absent or blank; a fault is added to `faults`."""
    if not text or text.isspace():
        return None
    try:
        return parse(text)
    except ValueError as error:
        faults.append(Detail(path, str(error)))
        return None
