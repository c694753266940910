"""Masking: the shape of a rejected event, without the personal values in it."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from app.segment.calls import KINDS

MAX_SAMPLE_CHARACTERS = 2048
MAX_TEXT_CHARACTERS = 80  # of a text, before the rest is left out
MAX_ENTRIES = 20  # of an object or a list
MAX_DEPTH = 4

MASK = "*"
MASKED_LETTER = "x"  # in a phone, whose masked digits are a `*`
REST = "…"

# A name that a developer gave: it has no white space, no @ and no long number.
_NAME = re.compile(r"[A-Za-z_$](?!.*\d{4})[A-Za-z0-9_.$ -]{0,63}")
_INSTANT = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[T ][\d:.,+\-Z ]{0,40})?")
_DIGIT = re.compile(r"\d")
_VISIBLE_PHONE_DIGITS, _HIDDEN_PHONE_DIGITS = 4, 7
_MAX_VISIBLE_LABEL = 6  # characters of a top-level domain; a longer one may be a name


def sample(event: Any) -> str:
    """Returns the JSON of a rejected event with its personal values masked, in ASCII.

    All texts are masked, but for names of events and properties, and times. Lengths, punctuation
    and types stay. Long texts, objects and lists are cut. Any other value is under `…`.
    """
    if not isinstance(event, dict):
        event = {REST: event}
    masked = {_key(name): _field(name, value) for name, value in _first(event)}
    text = json.dumps(masked)
    if len(text) > MAX_SAMPLE_CHARACTERS:
        text = json.dumps({name: _summary(value) for name, value in masked.items()})
    return text if len(text) <= MAX_SAMPLE_CHARACTERS else json.dumps({REST: len(masked)})


def name(text: str) -> str:
    """Returns the name of an event, a field or a property; masked if it may be personal."""
    return text if is_name(text) else mask(text)


def is_name(text: str) -> bool:
    """Whether a text has the form of a name that a developer gave."""
    return bool(_NAME.fullmatch(text))


def mask(text: str) -> str:
    """Returns a text with `*` for each letter and digit, and its punctuation."""
    return _each(text, lambda _: MASK)


def email(text: str) -> str:
    """Returns an email with the first letter of each side of the @, and its last label.

    A side of one or two characters is masked as a whole.
    """
    local, at, domain = text.rpartition("@")
    host, dot, last = domain.rpartition(".")
    if not at:
        return mask(text)
    is_plain = last.isascii() and last.isalpha() and len(last) <= _MAX_VISIBLE_LABEL
    label = last if dot and is_plain else mask(last)
    return _cut(f"{_initial(local)}@{_initial(host)}{dot}{label}")


def phone(text: str) -> str:
    """Returns a phone with its first digits, of which there are at most 4, and 7 fewer than all."""
    digits = len(_DIGIT.findall(text))
    visible = min(_VISIBLE_PHONE_DIGITS, max(0, digits - _HIDDEN_PHONE_DIGITS))
    seen = 0

    def replace(character: str) -> str:
        nonlocal seen
        if not _DIGIT.fullmatch(character):
            return MASKED_LETTER
        seen += 1
        return character if seen <= visible and character.isascii() else MASK

    return _each(text, replace)


def _initial(part: str) -> str:
    if len(part) <= 2 or not part[0].isascii():
        return mask(part)
    return part[0] + mask(part[1:])


def _customer(text: str) -> str:
    prefix = "cus_"
    return prefix + mask(text.removeprefix(prefix)) if text.startswith(prefix) else mask(text)


def _timestamp(text: str) -> str:
    return text if _INSTANT.fullmatch(text) else mask(text)


def _each(text: str, replace: Callable[[str], str]) -> str:
    """The text with its letters, marks, digits and symbols replaced; the beginning, if it is long.

    Symbols are replaced outside ASCII alone: an emoji can be a name.
    """
    return _cut(
        "".join(
            replace(character) if _is_content(character) else character
            for character in text[: MAX_TEXT_CHARACTERS + 1]
        )
    )


def _is_content(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LMN" or (category[0] == "S" and not character.isascii())


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARACTERS else text[:MAX_TEXT_CHARACTERS] + REST


def _call_type(text: str) -> str:
    return text if text in KINDS else mask(text)


_FIELDS: Mapping[str, Callable[[str], str]] = {
    "event": name,
    "customer": _customer,
    "email": email,
    "phone": phone,
    "timestamp": _timestamp,
    "type": _call_type,
    "originalTimestamp": _timestamp,
    "sentAt": _timestamp,
}


def _field(field: str, value: Any) -> Any:
    if isinstance(value, str):
        return _FIELDS.get(field, mask)(value)
    return _value(value, MAX_DEPTH)


def _value(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, dict | list) and not depth:
        return REST
    if isinstance(value, dict):
        return {_key(key): _value(item, depth - 1) for key, item in _first(value)}
    if isinstance(value, list):
        items = [_value(item, depth - 1) for item in value[:MAX_ENTRIES]]
        return [*items, REST] if len(value) > MAX_ENTRIES else items
    return _number(value)


def _number(value: float) -> float:
    """A number with as many digits, which are a 1 and then zeros: a number can be a phone."""
    zeros = _DIGIT.sub("0", str(value).partition("e")[0][:MAX_TEXT_CHARACTERS])
    return json.loads(zeros.replace("0", "1", 1)) if _DIGIT.search(zeros) else 0


def _first(value: dict[str, Any]) -> list[tuple[str, Any]]:
    entries = list(value.items())[:MAX_ENTRIES]
    return entries if len(entries) == len(value) else [*entries, (REST, len(value) - MAX_ENTRIES)]


def _key(text: str) -> str:
    return text if text == REST else name(text)


def _summary(value: Any) -> Any:
    return REST if isinstance(value, dict | list) else value
