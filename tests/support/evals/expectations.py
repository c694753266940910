"""Expectations: how an expected value is compared with the one that a call returned."""

import re
from collections.abc import Iterator
from typing import Any

ABSENT = object()


class Present:
    """Matches every value that is present and not null. Written `!any`."""

    def __init__(self, _: str = "") -> None:
        self.text = ""

    def matches(self, actual: Any) -> bool:
        return actual is not ABSENT and actual is not None

    def with_text(self, text: str) -> "Present":
        """The same expectation of another text."""
        return type(self)(text)

    def __repr__(self) -> str:
        tag = next(tag for tag, kind in TAGS.items() if kind is type(self))
        return f"!{tag} {self.text}".rstrip()


class Absent(Present):
    """Matches a field that is not there. Written `!absent`."""

    def matches(self, actual: Any) -> bool:
        return actual is ABSENT


class Contains(Present):
    """Matches a text with a part. Written `!contains text`."""

    def __init__(self, text: str) -> None:
        if not text:
            raise ValueError("!contains must have a text: an empty one is in every text")
        self.text = text

    def matches(self, actual: Any) -> bool:
        return isinstance(actual, str) and self.text in actual


class Lacks(Contains):
    """Matches a text without a part. Written `!lacks text`."""

    def matches(self, actual: Any) -> bool:
        return isinstance(actual, str) and self.text not in actual


class Matches(Contains):
    """Matches a text of a pattern, whole. Written `!matches pattern`."""

    def matches(self, actual: Any) -> bool:
        return isinstance(actual, str) and re.fullmatch(self.text, actual) is not None


TAGS = {
    "any": Present,
    "absent": Absent,
    "contains": Contains,
    "lacks": Lacks,
    "matches": Matches,
}


def differences(expected: Any, actual: Any, path: str) -> Iterator[str]:
    """Returns where a value differs from the expected one, a sentence each.

    An object may have more fields than expected. A list must have all its items, in their order.
    """
    if isinstance(expected, Present):
        if not expected.matches(actual):
            yield _difference(path, expected, actual)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for name, value in expected.items():
            yield from differences(value, actual.get(name, ABSENT), f"{path}.{name}")
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{path}: expected {len(expected)} items, was {len(actual)}: {actual!r}"
        for position, (item, other) in enumerate(zip(expected, actual, strict=False)):
            yield from differences(item, other, f"{path}.{position}")
    elif type(expected) is not type(actual) or expected != actual:
        yield _difference(path, expected, actual)


def _difference(path: str, expected: Any, actual: Any) -> str:
    return f"{path}: expected {expected!r}, was {'absent' if actual is ABSENT else repr(actual)}"
