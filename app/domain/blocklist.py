"""The blocklist: values that stand for nobody in particular, and never identify a Customer."""

import re
from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from app.domain import identifiers
from app.domain.identifiers import Identifier

_PLACEHOLDERS = "null undefined none nil nan n/a anonymous anon unknown unidentified"
_SENDERS = """
    noreply no-reply no_reply no.reply donotreply do-not-reply do_not_reply do.not.reply
    mailer-daemon mailerdaemon postmaster bounce bounces
    nobody noemail no-email no_email nomail notprovided not-provided not_provided
"""
_ADDRESSES = """
    test@test.com test@test.test test@example.com test@email.com test@mail.com user@user.com
    user@example.com email@example.com name@example.com me@example.com you@example.com
    someone@example.com example@example.com admin@example.com john@example.com jane@example.com
    johndoe@example.com janedoe@example.com john.doe@example.com jane.doe@example.com
    user@domain.com email@domain.com name@domain.com email@email.com example@email.com
    you@email.com your@email.com no@email.com no@no.com admin@admin.com foo@bar.com a@a.com a@b.com
    aa@aa.com x@x.com abc@abc.com abc@xyz.com asdf@asdf.com qwerty@qwerty.com 123@123.com
"""
_NUMBERS = "+11234567890 +10123456789 +19876543210 +10987654321"
_IDS = """
    na void empty guest not_authenticated notauthenticated unauthenticated not_set (not_set)
    true false -1 id email user user_id userid distinct_id distinctid anonymous_id anonymousid
    external_id externalid customer_id customerid
"""

# What forms, scripts and mail servers put in the place of a value, after the lists to which
# customer data platforms have come.
DEFAULT = {
    "email": {
        *_ADDRESSES.split(),
        *(f"{local}@" for local in f"{_PLACEHOLDERS} {_SENDERS}".split()),
    },
    "phone": {*_NUMBERS.split()},
    "externalId": {*_PLACEHOLDERS.split(), *_IDS.split(), "(not set)", "[object object]"},
}

_CODES = COUNTRY_CODE_TO_REGION_CODE.keys()
_TEMPLATE = re.compile(r"\{\{.*\}\}|\$\{.*\}|<%.*%>|\*\|.*\|\*|\[\[.*\]\]|%%.*%%")


class EventWarning(Struct, frozen=True):
    """What was ignored of an event that is stored: `path` says where it stood, `message` why."""

    path: str
    code: Annotated[str, Meta(extra_json_schema={"enum": ["blocked_key"]})]
    message: str


class Blocklist:
    """The identifiers that are blocked: the default, as the entries of a setting change it.

    An entry is `kind:value` and blocks that value, in any of its spellings and whatever its case;
    with a minus before it, the value is not blocked. An email may also be `local@`, at any domain,
    or `@domain`. Commas stand between entries, and the last one about a value counts. Raises
    ValueError, which names every entry that cannot be used.
    """

    def __init__(self, setting: str = "") -> None:
        self._entries = {kind: values.copy() for kind, values in DEFAULT.items()}
        self._exceptions = {kind: set[str]() for kind in DEFAULT}
        errors: list[str] = []
        for entry in filter(None, map(str.strip, setting.split(","))):
            try:
                self._apply(entry)
            except ValueError as error:
                errors.append(f"{entry} {error}")
        if errors:
            raise ValueError("; ".join(errors))

    # Every identifier of every event is looked up, and the same few come again and again.
    @lru_cache(maxsize=16384)  # noqa: B019 - a process has one blocklist, and keeps it
    def __contains__(self, identifier: Identifier) -> bool:
        value, kind = _comparable(identifier), identifier.kind
        is_blocked = _RULES[kind](value, self._entries[kind])
        return is_blocked and value not in self._exceptions[kind]

    def _apply(self, entry: str) -> None:
        kind, _, text = entry.removeprefix("-").partition(":")
        if kind not in DEFAULT:
            raise ValueError(f"must begin with {', '.join(f'{name}:' for name in DEFAULT)}")
        value = _value(kind, text.strip())
        entries, exceptions = self._entries[kind], self._exceptions[kind]
        if not entry.startswith("-"):
            entries.add(value)
            exceptions.discard(value)
            return
        was_entry = value in entries
        entries.discard(value)
        if _RULES[kind](value, entries):  # a rule, or another entry, blocks it all the same
            exceptions.add(value)
        elif not was_entry:
            raise ValueError("must name a blocked value")


def blocked_warning(identifier: str, path: str) -> EventWarning:
    """The warning of an identifier, `kind:value`; `path` begins the paths of the event's fields."""
    kind, _, value = identifier.partition(":")
    message = f"{value} is a blocked value and was ignored"
    return EventWarning(path + kind, "blocked_key", message)


def _email(value: str, entries: set[str]) -> bool:
    local, _, domain = value.partition("@")
    forms = {value, f"{local}@", f"@{domain}"}
    return not forms.isdisjoint(entries) or _is_template(local)


def _phone(value: str, entries: set[str]) -> bool:
    # After the country's code, of which none is the beginning of another.
    national = next((value[end:] for end in (2, 3, 4) if int(value[1:end]) in _CODES), value)
    return value in entries or len(set(national)) == 1


def _external_id(value: str, entries: set[str]) -> bool:
    # Zeros and dashes are an empty UUID, too, also in braces.
    return value in entries or not value.strip("{0-}") or _is_template(value)


_RULES = {"email": _email, "phone": _phone, "externalId": _external_id}
_PARSERS = {
    "email": identifiers.email,
    "phone": identifiers.phone,
    "externalId": identifiers.external_id,
}


def _is_template(text: str) -> bool:
    return _TEMPLATE.fullmatch(text) is not None


def _comparable(identifier: Identifier) -> str:
    value = identifier.value
    return value.casefold() if identifier.kind == "externalId" else value


def _value(kind: str, text: str) -> str:
    """The value of an entry, in the form in which it is compared. Raises ValueError."""
    if not text:
        raise ValueError("must have a value")
    if kind == "email" and text.endswith("@"):
        return identifiers.email(f"{text}a.example").value.removesuffix("a.example")
    if kind == "email" and text.startswith("@"):
        return identifiers.email(f"a{text}").value.removeprefix("a")
    return _comparable(_PARSERS[kind](text))
