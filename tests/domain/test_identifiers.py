import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain import identifiers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("jane@acme.com", "jane@acme.com"),
        (" Jane@ACME.com\t", "jane@acme.com"),
        ("jane.doe+news@acme.com", "jane.doe+news@acme.com"),
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        ("jane@BÜCHER.example", "jane@xn--bcher-kva.example"),
        ("JOSE\u0301@acme.com", "jos\u00e9@acme.com"),
        ("jos\u00e9@acme.com", "jos\u00e9@acme.com"),
        ("jane@acme.test", "jane@acme.test"),
    ],
)
def test_an_email_address_has_one_form(text, value):
    assert identifiers.email(text).value == value


@pytest.mark.parametrize(
    "text",
    [
        "jane",
        "jane@",
        "@acme.com",
        "jane@acme",
        "jane@acme..com",
        "jane doe@acme.com",
        "Jane <jane@acme.com>",
        "jane@acme.com, joe@acme.com",
        "jane\0@acme.com",
        "jane\u200b@acme.com",
        "jane@[127.0.0.1]",
        f"{'j' * 250}@acme.com",
    ],
)
def test_an_invalid_email_address_is_rejected(text):
    with pytest.raises(ValueError, match="must be an email address|must have at most"):
        identifiers.email(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4155552671", "+14155552671"),
        ("(415) 555-2671", "+14155552671"),
        ("1-415-555-2671", "+14155552671"),
        ("+1 415 555 2671", "+14155552671"),
        (" +14155552671 ", "+14155552671"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+39 06 1234 5678", "+390612345678"),
    ],
)
def test_a_phone_number_has_one_form(text, value):
    assert identifiers.phone(text).value == value


@pytest.mark.parametrize(
    "text",
    [
        "5552671",
        "+1",
        "+999 123 4567",
        "00442079460958",
        "+1 415 555 2671 ext. 5",
        "+1 415 555 2671x5",
        "+1 415 555 2671;ext=5",
        "call 415 555 2671",
        "415 555 2671 or 2672",
        "1-800-FLOWERS",
        "+" + "1" * 300,
    ],
)
def test_an_invalid_phone_number_is_rejected(text):
    with pytest.raises(ValueError, match="must be a phone number"):
        identifiers.phone(text)


def test_an_external_id_is_trimmed_and_otherwise_as_it_is():
    assert identifiers.external_id("  User 42/É ").value == "User 42/É"


def test_an_external_id_is_compared_in_nfc():
    assert identifiers.external_id("e\u0301") == identifiers.external_id("\u00e9")


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\u200bb", "a\u202eb", "a\ufeffb", "x" * 256])
def test_an_invalid_external_id_is_rejected(text):
    with pytest.raises(ValueError, match="invisible characters|must have at most"):
        identifiers.external_id(text)


def test_email_has_priority_over_phone_and_phone_over_external_id():
    keys = (
        identifiers.email("jane@acme.com"),
        identifiers.phone("4155552671"),
        identifiers.external_id("1"),
    )

    assert [key.weight for key in keys] == [1.0, 0.9, 0.8]


@given(st.emails())
def test_normalising_an_email_address_twice_changes_nothing(text):
    once = _or_reject(identifiers.email, text)

    assert identifiers.email(once.value) == once


@given(st.emails())
def test_an_email_address_is_the_same_in_upper_case(text):
    assume(text.isascii())

    assert _or_reject(identifiers.email, text.upper()) == _or_reject(identifiers.email, text)


@given(st.from_regex(r"\A(\+1|\+44|\+49|)[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{3}[ .-]?[0-9]{4}\Z"))
def test_normalising_a_phone_number_twice_changes_nothing(text):
    once = _or_reject(identifiers.phone, text)

    assert identifiers.phone(once.value) == once


@given(st.from_regex(r"\A[2-9][0-9]{9}\Z"))
def test_ten_bare_digits_are_a_us_number(digits):
    assume(digits.isascii() and digits.isdigit() and len(digits) == 10)

    assert identifiers.phone(digits).value == f"+1{digits}"


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_an_external_id_without_invisible_characters_is_valid(text):
    text = text.strip()
    unseen = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    if unseen.isdisjoint(map(unicodedata.category, text)):
        assert identifiers.external_id(text).value == unicodedata.normalize("NFC", text)
    else:
        with pytest.raises(ValueError, match="invisible characters"):
            identifiers.external_id(text)


@given(st.text())
def test_normalising_an_external_id_twice_changes_nothing(text):
    once = _or_reject(identifiers.external_id, text)

    assert identifiers.external_id(once.value) == once


def _or_reject(normalise, text):
    try:
        return normalise(text)
    except ValueError:
        assume(False)
