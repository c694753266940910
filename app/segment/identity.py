"""The identifiers of a call: its user and visitor IDs, and the email and phone of the traits."""

from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct

from app.domain import identifiers
from app.domain.event_warnings import INVALID_IDENTIFIER, EventWarning
from app.domain.identifiers import Identifier
from app.domain.validation import FieldErrors
from app.segment import calls
from app.segment.calls import ABSENT, Call

_PARSERS: dict[str, Callable[[str], Identifier]] = {
    "email": identifiers.email,
    "phone": identifiers.phone,
}


class _Traits(Struct):
    email: Raw = ABSENT
    phone: Raw = ABSENT


_traits = msgspec.json.Decoder(_Traits)


class Identity(Struct):
    """The identifiers of a call as texts, and the member of the call that each one is from."""

    external_id: str | None
    anonymous_id: str | None
    email: str | None = None
    phone: str | None = None
    email_path: str = "traits.email"
    phone_path: str = "traits.phone"
    anonymous_id_path: str = "anonymousId"


def read(
    call: Call, kind: str, context_traits: Raw, errors: FieldErrors
) -> tuple[Identity, list[EventWarning]]:
    """Returns the identifiers of a call, and a warning for each that is invalid and left out.

    An email or phone is left out only if the call has another identifier. Traits of a group
    are not identifiers of the Customer. The previous ID of an alias is that of a visitor.
    Adds to `errors` each ID that is neither a string nor an integer.
    """
    identity = Identity(
        calls.field(call.user_id, "userId", errors, calls.id_text),
        calls.field(call.anonymous_id, "anonymousId", errors, calls.id_text),
    )
    if kind == "alias":
        previous = calls.field(call.previous_id, "previousId", errors, calls.id_text)
        if previous:
            identity.anonymous_id, identity.anonymous_id_path = previous, "previousId"
    own = ABSENT if kind == "group" else call.traits
    if not (own or context_traits):
        return identity, []
    return identity, _read_traits(identity, _decode(own), _decode(context_traits))


def _read_traits(identity: Identity, own: _Traits, of_context: _Traits) -> list[EventWarning]:
    invalid: dict[str, str] = {}
    for kind, parse in _PARSERS.items():
        raw, path = getattr(own, kind), f"traits.{kind}"
        if not calls.is_present(raw) or bytes(raw) == b'""':
            raw, path = getattr(of_context, kind), f"context.traits.{kind}"
        setattr(identity, f"{kind}_path", path)
        try:
            if value := calls.id_text(raw):
                setattr(identity, kind, value)
                parse(value)
        except ValueError as error:
            invalid[kind] = str(error)
            # If no other identifier is there, it is rejected as an invalid email or phone.
            setattr(identity, kind, getattr(identity, kind) or bytes(raw).decode(errors="replace"))
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


def _decode(raw: Raw) -> _Traits:
    if not raw:
        return _Traits()
    try:
        return _traits.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Traits()  # rejected as properties, if they are those of the event
