"""Identity keys: what identifies a Customer, and the one form in which each is compared."""

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache
from typing import Annotated, Protocol

import email_validator
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from msgspec import Meta, Struct
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from app.domain.validation import FieldErrors

# Reserved domains (RFC 6761) identify as well as any: nothing is ever sent to them.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

EMAIL_LENGTH = 254  # RFC 5321, 4.5.3.1.3 less the angle brackets
ID_LENGTH = 255
NOBODY = "must have one of customer, email, phone, externalId"

WEIGHTS = {"email": 1.0, "phone": 0.9, "externalId": 0.8}

_PHONE = re.compile(r"[+\uff0b]?[\d\s().\-/\u2010-\u2015]+")
_TEN_DIGITS = re.compile(r"\d{10}", re.ASCII)
# Control, format (zero-width, bidi) and surrogate characters, and line and paragraph breaks.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


Kind = Annotated[str, Meta(extra_json_schema={"enum": ["email", "phone", "externalId"]})]
CustomerField = Annotated[
    str | None,
    Meta(
        description="A Customer's id, which must exist. It decides, and no key is looked up.",
        extra_json_schema={"maxLength": ID_LENGTH},
    ),
]
EmailField = Annotated[
    str | None,
    Meta(
        description="Weight 1.0. Compared in NFC and lower case, the domain IDNA-encoded.",
        examples=["jane@acme.com"],
        extra_json_schema={"maxLength": EMAIL_LENGTH},
    ),
]
PhoneField = Annotated[
    str | None,
    Meta(
        description="Weight 0.9. Compared as E.164; ten bare digits are a US number; no extension.",
        examples=["+14155552671"],
    ),
]
ExternalIdField = Annotated[
    str | None,
    Meta(
        description="Weight 0.8. An id in another system, compared in NFC and trimmed.",
        examples=["crm-42"],
        extra_json_schema={"maxLength": ID_LENGTH},
    ),
]


class Key(Struct, frozen=True):
    """An identity key: its kind, its normalised value, and its weight in resolution."""

    kind: str
    value: str
    weight: float

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class Keyed(Protocol):
    """Whatever has the fields of the three kinds of keys."""

    email: str | None
    phone: str | None
    external_id: str | None


class Identified(Keyed, Protocol):
    """Whatever has the four fields that name a Customer."""

    customer: str | None


def identify(
    sent: Identified, blocklist: Container[Key], errors: FieldErrors
) -> tuple[str | None, list[Key], list[Key]]:
    """Whom these fields name: a Customer, the keys, the heaviest first, and the blocked keys.

    What cannot be parsed is added to `errors`; that nothing but blocked keys is there, too.
    """
    before = len(errors.items)
    customer = errors.parse(sent.customer, "customer", opaque_id)
    keys = read_keys(sent, errors)
    ignored = [key for key in keys if key in blocklist]
    if not ignored:
        return customer, keys, ignored
    keys = [key for key in keys if key not in ignored]
    if not (keys or customer) and len(errors.items) == before:
        for key in ignored:
            errors.add(key.kind, _blocked(key))
    return customer, keys, ignored


def read_keys(sent: Keyed, errors: FieldErrors) -> list[Key]:
    """The keys in these fields, the heaviest first. What cannot be parsed is added to `errors`."""
    keys = (
        errors.parse(sent.email, "email", email),
        errors.parse(sent.phone, "phone", phone),
        errors.parse(sent.external_id, "externalId", external_id),
    )
    return [key for key in keys if key]


def _blocked(key: Key) -> str:
    return f"is blocked: {key.value} identifies nobody, so another key is needed"


def is_anybody(sent: Identified) -> bool:
    """Whether any of the four fields is there."""
    fields = (sent.customer, sent.email, sent.phone, sent.external_id)
    return any(value and not value.isspace() for value in fields)


def email(text: str) -> Key:
    """The key of an email address: trimmed, NFC, lower case, its domain IDNA-encoded.

    Dots and +tags stay. Raises ValueError with a message for the caller.
    """
    return Key("email", _email(text.strip()), WEIGHTS["email"])


def phone(text: str) -> Key:
    """The key of a phone number: E.164, where ten bare digits are a US number.

    Raises ValueError with a message for the caller.
    """
    return Key("phone", _phone(text.strip()), WEIGHTS["phone"])


def external_id(text: str) -> Key:
    """The key of an id in another system: trimmed and in NFC, otherwise as it is.

    Raises ValueError with a message for the caller.
    """
    return Key("externalId", opaque_id(text), WEIGHTS["externalId"])


def opaque_id(text: str) -> str:
    """An id that is compared as it is, trimmed and in NFC.

    Raises ValueError with a message for the caller.
    """
    text = text.strip()
    if len(text) > ID_LENGTH:
        raise ValueError(f"is longer than {ID_LENGTH} characters")
    if any(unicodedata.category(character) in _UNSEEN for character in text):
        raise ValueError("contains a character that cannot be seen")
    return unicodedata.normalize("NFC", text)


# The same few addresses and numbers come again and again, and each costs tens of microseconds.
@lru_cache(maxsize=16384)
def _email(text: str) -> str:
    if len(text) > EMAIL_LENGTH:
        raise ValueError(f"is longer than {EMAIL_LENGTH} characters")
    try:
        address = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"is not an email address: {error}") from None
    local_part = unicodedata.normalize("NFC", address.local_part.lower())
    return f"{local_part}@{address.ascii_domain.lower()}"


@lru_cache(maxsize=16384)
def _phone(text: str) -> str:
    if not _PHONE.fullmatch(text):
        raise ValueError("is not a phone number; extensions and letters are not taken")
    try:
        region = None if _TEN_DIGITS.fullmatch(text) else "US"
        number = phonenumbers.parse(text if region else f"+1{text}", region)
    except NumberParseException as error:
        raise ValueError(f"is not a phone number: {error}") from None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise ValueError("is not a possible phone number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
