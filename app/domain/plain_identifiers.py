"""Email addresses and phone numbers that are plain: recognised without the libraries, which take
tens of microseconds.

Each function returns what the library would return, or None if the text is not plain: then the
library decides.
"""

import re
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

# ASCII: a dot-atom (RFC 5322, 3.2.3), and a domain of two or more LDH labels (RFC 5890, 2.3.1) that
# ends with a letter. Two hyphens in a row may be Punycode.
_LABEL = r"(?![a-zA-Z0-9-]{64})[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*"
_EMAIL = re.compile(
    r"[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*"
    rf"@(?:{_LABEL}\.)+{_LABEL}(?<=[a-zA-Z])",
    re.ASCII,
)
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_FORMATTED = re.compile(r"\+?[\d(][\d ().-]{5,28}\d", re.ASCII)
_NO_PUNCTUATION = str.maketrans("", "", " ().-")
_US_DIGITS = 10
_CALLING_CODES = {str(code) for code in COUNTRY_CODE_TO_REGION_CODE}
_MAX_COUNTRY_CODE_DIGITS = 3  # ITU-T E.164, 6.2.1


def email(text: str) -> str | None:
    """The address in lower case, or None. The caller bounds the length of the text."""
    return text.lower() if _EMAIL.fullmatch(text) else None


def phone(text: str) -> str | None:
    """The E.164 number, or None. Without a plus sign, it is a US number.

    A number with a possible national prefix is not plain: the library may remove it.
    """
    number = text if _E164.fullmatch(text) else _without_format(text)
    if number is None:
        return None
    start = national_number_start(number)
    if start is None or (plan := _numbering_plan(number[1:start])) is None:
        return None
    lengths, national_prefix = plan
    if len(number) - start not in lengths or number[start] == "0":
        return None
    return None if national_prefix and national_prefix.match(number, start) else number


def national_number_start(number: str) -> int | None:
    """The position after the calling code of an E.164 number, or None if the code is unknown."""
    for end in range(2, 2 + _MAX_COUNTRY_CODE_DIGITS):  # no calling code is a prefix of another
        if number[1:end] in _CALLING_CODES:
            return end
    return None


def _without_format(text: str) -> str | None:
    """The number in a text with spaces and punctuation, in the form of E.164; or None."""
    if not _FORMATTED.fullmatch(text):
        return None
    digits = text.translate(_NO_PUNCTUATION)
    if text[0] == "+":
        return digits if _E164.fullmatch(digits) else None
    if len(digits) == _US_DIGITS:
        return f"+1{digits}"
    return f"+{digits}" if len(digits) == _US_DIGITS + 1 and digits[0] == "1" else None


@cache
def _numbering_plan(code: str) -> tuple[frozenset[int], re.Pattern[str] | None] | None:
    """The lengths of national numbers and the national prefix of a calling code, or None.

    Source: the metadata of phonenumbers. Regions that share a code use those of the main one, as
    the library does.
    """
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    if metadata is None or metadata.general_desc is None:
        return None
    lengths = {*metadata.general_desc.possible_length}
    lengths -= {*metadata.general_desc.possible_length_local_only}
    prefix = metadata.national_prefix_for_parsing
    return frozenset(lengths), re.compile(prefix) if prefix else None
