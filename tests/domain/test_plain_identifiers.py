"""Plain email addresses and phone numbers: the fast path returns the same as the libraries."""

import itertools
import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from app.domain import identifiers, plain_identifiers

CALLING_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
# Parts of addresses, plain or not, that a test joins.
PARTS = st.sampled_from(
    ["a", "Z", "jane", "0", "9", "_", "-", "--", ".", "+", "'", "xn--p1ai", "é", " ", "\n", "K"]
)
PIECES = st.lists(PARTS, max_size=6).map("".join)
SEPARATORS = ("", "", " ", "-", ".", "(", ")", ") ", " (", " - ", "  ")


def library(parse, text):
    """The normalised text by a library; None if the library rejects it."""
    try:
        return parse(text)
    except ValueError:
        return None


def example_numbers():
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if regions == ("001",):
            yield phonenumbers.example_number_for_non_geo_entity(code)
            continue
        for region in regions:
            for number_type in PhoneNumberType.values():
                yield phonenumbers.example_number_for_type(region, number_type)


EXAMPLES = [
    phonenumbers.format_number(number, PhoneNumberFormat.E164)
    for number in example_numbers()
    if number
]


def test_a_plain_example_number_of_each_region_is_what_the_library_returns():
    plain = [text for text in EXAMPLES if plain_identifiers.phone(text) is not None]

    assert {text: library(identifiers.library_phone, text) for text in plain} == {
        text: plain_identifiers.phone(text) for text in plain
    }
    assert len(plain) > 0.95 * len(EXAMPLES)


def test_a_plain_number_of_each_calling_code_and_length_is_what_the_library_returns():
    draw = random.Random(1)
    texts = [
        f"+{code}{draw.randrange(10**length):0{length}}"
        for code, length, _ in itertools.product(CALLING_CODES, range(1, 16), range(3))
    ]
    plain = {text: number for text in texts if (number := plain_identifiers.phone(text))}

    assert {text: library(identifiers.library_phone, text) for text in plain} == plain
    assert len(plain) > 1000


def test_a_plain_number_with_spaces_and_punctuation_is_what_the_library_returns():
    draw = random.Random(2)
    numbers = [text.removeprefix(draw.choice(["", "+", "+1"])) for text in EXAMPLES]
    texts = [
        "".join(draw.choice(separators) + character for character in text).strip()
        for text, separators in itertools.product(numbers, (SEPARATORS, SEPARATORS[:5], ("", " ")))
    ]
    plain = {text: number for text in texts if (number := plain_identifiers.phone(text))}

    assert {text: library(identifiers.library_phone, text) for text in plain} == plain
    assert len(plain) > 1000


@given(
    st.from_regex(
        r"\+?1?[ .(-]{0,2}[0-9]{3}[ .)-]{0,2}[0-9]{3}[ .-]{0,2}[0-9]{3,4}", fullmatch=True
    )
)
def test_a_plain_number_in_a_form_of_the_us_is_what_the_library_returns(text):
    if (plain := plain_identifiers.phone(text)) is not None:
        assert library(identifiers.library_phone, text) == plain


@given(st.text("0123456789+ ().-", min_size=8, max_size=20))
def test_a_plain_number_of_any_form_is_what_the_library_returns(text):
    if (plain := plain_identifiers.phone(text)) is not None:
        assert library(identifiers.library_phone, text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "+14155552671",
        "4155552671",
        "(415) 555-2671",
        "415-555-2671",
        "415.555.2671",
        "+1 415-555-2671",
        "+1 (415) 555-2671",
        "1-415-555-2671",
        "14155552671",
    ],
)
def test_a_us_number_is_plain_in_its_common_forms(text):
    assert plain_identifiers.phone(text) == "+14155552671"


def test_a_number_with_spaces_is_plain():
    assert plain_identifiers.phone("+44 20 7946 0958") == "+442079460958"


@given(st.from_regex(r"\+?[0-9]{6,16}", fullmatch=True))
def test_a_plain_number_of_any_calling_code_is_what_the_library_returns(text):
    if (plain := plain_identifiers.phone(text)) is not None:
        assert library(identifiers.library_phone, text) == plain


@given(st.one_of(st.emails(), st.builds("{}@{}.{}".format, PIECES, PIECES, PIECES)))
def test_a_plain_address_is_what_the_library_returns(text):
    if (plain := plain_identifiers.email(text)) is not None:
        assert library(identifiers.library_email, text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "jane@acme.com",
        "Jane.Doe+news@mail.acme-labs.co.uk",
        "o'brien_1@a.b.io",
        f"{'j' * 200}@acme.com",
        f"jane@{'a' * 63}.com",
    ],
)
def test_an_ascii_address_is_plain(text):
    assert plain_identifiers.email(text) == library(identifiers.library_email, text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "jane@acme",
        "jane@acme.1",
        "jane@-acme.com",
        "jane@acme-.com",
        "jane@acme..com",
        "jane@xn--bcher-kva.example",
        "jane@bücher.example",
        "josé@acme.com",
        ".jane@acme.com",
        "jane@acme.com\n",
        f"jane@{'a' * 64}.com",
        '"jane doe"@acme.com',
    ],
)
def test_any_other_address_is_left_to_the_library(text):
    assert plain_identifiers.email(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "1415555267",
        "24155552671",
        "5552671",
        "415/555/2671",
        "415 555 2671 ",
        "415 555+2671",
        "+1 1415555267",
        "+11415555267",
        "+4402079460958",
        "+44 (0) 20 7946 0958",
        "+390612345678",
        "+9991234567",
        "+1415555267",
        "+\u0661\u0664\u0661\u0665\u0665\u0665\u0665\u0662\u0666\u0667\u0661",
    ],
)
def test_any_other_number_is_left_to_the_library(text):
    assert plain_identifiers.phone(text) is None
