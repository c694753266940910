"""Queries: what a caller asks, decoded into the type of the question."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from app.domain import validation
from app.errors import FieldError

T = TypeVar("T")

_AT = re.compile(r"(?P<message>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<path>.*)`", re.DOTALL)


def decode(body: bytes, kind: type[T]) -> T:
    """The query in a JSON body. Raises InvalidPayload, which names the fault."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise validation.invalid([_detail(str(error))]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise validation.invalid([FieldError("", f"is not JSON in UTF-8: {error}")]) from None


def convert(given: Mapping[str, Any], kind: type[T]) -> T:
    """The query in arguments by name. Raises InvalidPayload, which names the fault."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise validation.invalid([_detail(str(error))]) from None


def from_parameters(given: Iterable[tuple[str, str]], kind: type[T], **known: str) -> T:
    """The query in the parameters of a URL, and in `known`.

    Raises InvalidPayload, which names the fault.
    """
    found: dict[str, str] = {}
    for name, value in given:
        if name in found or name in known:
            raise validation.invalid([FieldError(name, "must come once")])
        found[name] = value
    try:
        return msgspec.convert(found | known, kind, strict=False)
    except msgspec.ValidationError as error:
        raise validation.invalid([_detail(str(error))]) from None


def _detail(message: str) -> FieldError:
    if match := _AT.fullmatch(message):
        return FieldError(match["path"][:100], _said(match["message"]))
    if match := _UNKNOWN.fullmatch(message):
        return FieldError(match["path"][:100], "is not a field")
    return FieldError("", _said(message))


def _said(message: str) -> str:
    return f"is wrong: {message[:1].lower()}{message[1:300]}"
