"""The identifiers of a call: its user and visitor IDs, and the email and phone of the traits."""

from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct

from app.domain import identifiers
from app.domain.event_warnings import INVALID_IDENTIFIER, EventWarning
from app.domain.identifiers import Identifier
from app.segment import calls
from app.segment.calls import ABSENT, Call, Id

_PARSERS: dict[str, Callable[[str], Identifier]] = {
    "email": identifiers.email,
    "phone": identifiers.phone,
}


class _Traits(Struct):
    email: Id = None
    phone: Id = None


_NO_TRAITS = _Traits()
_traits = msgspec.json.Decoder(_Traits)

_Sent = tuple[_Traits, set[str]]  # the traits, and the names of those that have another type


class Identity(Struct):
    """The identifiers of a call as texts, and the member of the call that each one is from."""

    external_id: str | None
    anonymous_id: str | None
    email: str | None = None
    phone: str | None = None
    email_path: str = "traits.email"
    phone_path: str = "traits.phone"
    anonymous_id_path: str = "anonymousId"


def read(call: Call, kind: str, context_traits: Raw) -> tuple[Identity, list[EventWarning]]:
    """Returns the identifiers of a call, and a warning for each that is invalid and left out.

    An email or phone is left out only if the call has another identifier. Traits of a group
    are not identifiers of the Customer. The previous ID of an alias is that of a visitor.
    """
    identity = Identity(calls.id_text(call.user_id), calls.id_text(call.anonymous_id))
    if kind == "alias" and (previous := calls.id_text(call.previous_id)):
        identity.anonymous_id, identity.anonymous_id_path = previous, "previousId"
    own = ABSENT if kind == "group" else call.traits
    if not (own or context_traits):
        return identity, []
    return identity, _read_traits(identity, _decode(own), _decode(context_traits))


def _read_traits(identity: Identity, own: _Sent, of_context: _Sent) -> list[EventWarning]:
    invalid: dict[str, str] = {}
    for kind, parse in _PARSERS.items():
        (traits, mistyped), path = own, f"traits.{kind}"
        if (value := calls.id_text(getattr(traits, kind))) is None:
            (traits, mistyped), path = of_context, f"context.traits.{kind}"
            value = calls.id_text(getattr(traits, kind))
        if value is None:
            continue
        setattr(identity, kind, value)
        setattr(identity, f"{kind}_path", path)
        try:
            if kind in mistyped:
                raise ValueError(calls.NOT_A_STRING)
            parse(value)
        except ValueError as error:
            invalid[kind] = str(error)
    return _leave_out(identity, invalid) if invalid else []


def _leave_out(identity: Identity, invalid: dict[str, str]) -> list[EventWarning]:
    valid = [kind for kind in _PARSERS if getattr(identity, kind) and kind not in invalid]
    if not (valid or identity.external_id or identity.anonymous_id):
        return []
    for kind in invalid:
        setattr(identity, kind, None)
    return [
        EventWarning(getattr(identity, f"{kind}_path"), INVALID_IDENTIFIER, f"ignored: {reason}")
        for kind, reason in invalid.items()
    ]


def _decode(raw: Raw) -> _Sent:
    try:
        return (_traits.decode(raw) if raw else _NO_TRAITS), set()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_slowly(raw)


def _decode_slowly(raw: Raw) -> _Sent:
    traits, mistyped = _Traits(), set[str]()
    try:
        sent = calls.members(raw)
    except ValueError:  # rejected as properties, if they are those of the event
        return traits, mistyped
    for name in _PARSERS.keys() & sent.keys():
        try:
            value = msgspec.json.decode(sent[name], type=Id)
        except (msgspec.DecodeError, UnicodeDecodeError):
            mistyped.add(name)
            value = bytes(sent[name]).decode(errors="replace")
        setattr(traits, name, value)
    return traits, mistyped
