"""Identifiers of a Customer, each in its normalised form."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated

import email_validator
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from msgspec import Meta, Struct
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from app.domain import plain_identifiers

# Reserved domains (RFC 6761) are valid identifiers: the service sends no email to them.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_EMAIL_LENGTH = 254  # RFC 5321, 4.5.3.1.3 less the angle brackets
MAX_ID_LENGTH = 255

WEIGHTS = {"email": 1.0, "phone": 0.9, "externalId": 0.8, "anonymousId": 0.5}

_PHONE = re.compile(r"[+\uff0b]?[\d\s().\-/\u2010-\u2015]+")
_TEN_DIGITS = re.compile(r"\d{10}", re.ASCII)
# Control, format (zero-width, bidi) and surrogate characters, and line and paragraph breaks.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


Kind = Annotated[str, Meta(extra_json_schema={"enum": [*WEIGHTS]})]


class Identifier(Struct, frozen=True):
    """An identifier: its kind, its normalised value, and its weight in resolution."""

    kind: str
    value: str
    weight: float

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def email(text: str) -> Identifier:
    """Returns the identifier of an email address: trimmed, NFC, lower case, domain IDNA-encoded.

    Dots and +tags stay. Raises ValueError with a message for the client.
    """
    return Identifier("email", _email(text.strip()), WEIGHTS["email"])


def phone(text: str) -> Identifier:
    """Returns the identifier of a phone number: E.164. Ten bare digits are a US number.

    Raises ValueError with a message for the client.
    """
    return Identifier("phone", _phone(text.strip()), WEIGHTS["phone"])


def external_id(text: str) -> Identifier:
    """Returns the identifier of an ID in another system: trimmed and in NFC.

    Raises ValueError with a message for the client.
    """
    return Identifier("externalId", opaque_id(text), WEIGHTS["externalId"])


def anonymous_id(text: str) -> Identifier:
    """Returns the identifier of a visitor without a name, from an SDK: trimmed and in NFC.

    Raises ValueError with a message for the client.
    """
    return Identifier("anonymousId", opaque_id(text), WEIGHTS["anonymousId"])


# By kind.
PARSERS: dict[str, Callable[[str], Identifier]] = {
    "email": email,
    "phone": phone,
    "externalId": external_id,
    "anonymousId": anonymous_id,
}


def opaque_id(text: str) -> str:
    """Returns an ID, trimmed and in NFC. Raises ValueError with a message for the client."""
    text = text.strip()
    if len(text) > MAX_ID_LENGTH:
        raise ValueError(f"must have at most {MAX_ID_LENGTH} characters")
    if text.isascii() and text.isprintable():
        return text
    if any(unicodedata.category(character) in _UNSEEN for character in text):
        raise ValueError("must not contain invisible characters")
    return unicodedata.normalize("NFC", text)


def _email(text: str) -> str:
    if len(text) > MAX_EMAIL_LENGTH:
        raise ValueError(f"must have at most {MAX_EMAIL_LENGTH} characters")
    return plain_identifiers.email(text) or library_email(text)


@lru_cache(maxsize=16384)
def library_email(text: str) -> str:
    """The normalised address by email-validator, in tens of microseconds. Raises ValueError."""
    try:
        address = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"must be an email address: {error}") from None
    local_part = unicodedata.normalize("NFC", address.local_part.lower())
    return f"{local_part}@{address.ascii_domain.lower()}"


def _phone(text: str) -> str:
    if number := plain_identifiers.phone(text):
        return number
    return library_phone(f"+1{text}" if _TEN_DIGITS.fullmatch(text) else text)


@lru_cache(maxsize=16384)
def library_phone(text: str) -> str:
    """The E.164 number by phonenumbers, in tens of microseconds. Raises ValueError."""
    if not _PHONE.fullmatch(text):
        raise ValueError("must be a phone number without letters or an extension")
    try:
        number = phonenumbers.parse(text, "US")
    except NumberParseException as error:
        raise ValueError(f"must be a phone number: {error}") from None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise ValueError(
            "must be a phone number of a possible length, with + and a country code outside the US"
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
