"""The blocklist: placeholder values, which identify no Customer."""

import re

from app.domain import identifiers
from app.domain.event_warnings import BLOCKED_IDENTIFIER, EventWarning
from app.domain.identifiers import Identifier
from app.domain.plain_identifiers import national_number_start

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
_TEXTS = "(not set)", "[object object]"

# Placeholders that forms, scripts and mail servers send instead of a value. Source: the
# blocklists that customer data platforms publish.
DEFAULT = {
    "email": {
        *_ADDRESSES.split(),
        *(f"{local}@" for local in f"{_PLACEHOLDERS} {_SENDERS}".split()),
    },
    "phone": {*_NUMBERS.split()},
    "externalId": {*_PLACEHOLDERS.split(), *_IDS.split(), *_TEXTS},
    "anonymousId": {*_PLACEHOLDERS.split(), *_IDS.split(), *_TEXTS},
}

_TEMPLATE_STARTS = "{$<*[%"
_TEMPLATE = re.compile(r"\{\{.*\}\}|\$\{.*\}|<%.*%>|\*\|.*\|\*|\[\[.*\]\]|%%.*%%")


class Blocklist:
    """The blocked identifiers: the default blocklist, changed by the entries of a setting.

    An entry is `kind:value` and blocks that value in each spelling and case. A leading minus
    unblocks the value. An email may also be `local@`, for all domains, or `@domain`. Commas
    separate entries, and the last entry of a value counts. Raises ValueError, which lists every
    invalid entry.
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
        if _RULES[kind](value, entries):  # a rule or another entry still blocks it
            exceptions.add(value)
        elif not was_entry:
            raise ValueError("must name a blocked value")


def blocked_warning(identifier: str, path: str) -> EventWarning:
    """Returns the warning of an identifier `kind:value`; `path` begins the paths of the event."""
    kind, _, value = identifier.partition(":")
    message = f"{value} is a blocked value and was ignored"
    return EventWarning(path + kind, BLOCKED_IDENTIFIER, message)


def _email(value: str, entries: set[str]) -> bool:
    local, at, domain = value.partition("@")
    is_entry = value in entries or local + at in entries or at + domain in entries
    return is_entry or _is_template(local)


def _phone(value: str, entries: set[str]) -> bool:
    # Without a calling code, all of it counts, and its plus sign is another character.
    return value in entries or len({*value[national_number_start(value) :]}) == 1


def _opaque_id(value: str, entries: set[str]) -> bool:
    # Zeros and dashes include the empty UUID, with or without braces.
    return value in entries or not value.strip("{0-}") or _is_template(value)


_RULES = {"email": _email, "phone": _phone, "externalId": _opaque_id, "anonymousId": _opaque_id}
_OPAQUE = ("externalId", "anonymousId")


def _is_template(text: str) -> bool:
    return text[:1] in _TEMPLATE_STARTS and _TEMPLATE.fullmatch(text) is not None


def _comparable(identifier: Identifier) -> str:
    value = identifier.value
    return value.casefold() if identifier.kind in _OPAQUE else value


def _value(kind: str, text: str) -> str:
    """Returns the normalised value of an entry. Raises ValueError."""
    if not text:
        raise ValueError("must have a value")
    if kind == "email" and text.endswith("@"):
        return identifiers.email(f"{text}a.example").value.removesuffix("a.example")
    if kind == "email" and text.startswith("@"):
        return identifiers.email(f"a{text}").value.removeprefix("a")
    return _comparable(identifiers.PARSERS[kind](text))
