"""The mask of a rejected event: its shape stays, and no personal value does."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activity import masking


def masked(event):
    return json.loads(masking.sample(event))


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("jane@acme.com", "j***@a***.com"),
        ("jane.doe+news@mail.acme.co.uk", "j***.***+****@m***.****.**.uk"),
        ("jane@@acme.com", "j***@@a***.com"),
        ("jane acme.com", "**** ****.***"),
        ("jd@x.com", "**@*.com"),
        ("jane@localhost", "j***@*********"),
        ("jane@acme.janesmith", "j***@a***.*********"),
        ("Jane <jane@acme.com>", "J*** <****@a***.***>"),
        ("jané@ácme.com", "j***@****.com"),
    ],
)
def test_an_email_shows_its_shape(email, shown):
    assert masking.email(email) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+14155552671", "+1415*******"),
        ("(415) 555-2671", "(415) ***-****"),
        ("555-2671", "***-****"),
        ("12", "**"),
        ("415-555-2671 ext 42", "415-5**-**** xxx **"),
        ("+1415555267l", "+141*******x"),
        ("٤١٥٥٥٥٢٦٧١", "**********"),
    ],
)
def test_a_phone_shows_its_first_digits_and_its_shape(phone, shown):
    assert masking.phone(phone) == shown


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"externalId": "crm-1042"}, {"externalId": "***-****"}),
        ({"customer": "cus_8af2"}, {"customer": "cus_****"}),
        ({"idempotencyKey": "jane@acme.com"}, {"idempotencyKey": "****@****.***"}),
        ({"event": "page_viewed"}, {"event": "page_viewed"}),
        ({"event": "met jane@acme.com"}, {"event": "*** ****@****.***"}),
        ({"timestamp": "2026-04-29 10:14"}, {"timestamp": "2026-04-29 10:14"}),
        ({"timestamp": "4155552671"}, {"timestamp": "**********"}),
        ({"phone": 14155552671}, {"phone": 10000000000}),
        ({"email": None}, {"email": None}),
        ({"name": "Jane Doe"}, {"name": "**** ***"}),
        ({"jane@acme.com": 1}, {"****@****.***": 1}),
    ],
)
def test_a_field_is_masked_by_what_it_may_hold(event, shown):
    assert masked(event) == shown


def test_strings_and_numbers_in_properties_are_masked_at_any_depth():
    properties = {
        "plan": "pro",
        "order": {"total": 49.95, "id": -1042, "gift": True, "to": ["Jane", None]},
        "jane@acme.com": "yes",
    }

    assert masked({"properties": properties}) == {
        "properties": {
            "plan": "***",
            "order": {"total": 10.0, "id": -1000, "gift": True, "to": ["****", None]},
            "****@****.***": "***",
        }
    }


def test_a_number_keeps_the_number_of_its_digits():
    assert masking.sample({"n": 14155552671}) == '{"n": 10000000000}'


def test_characters_that_do_not_print_are_escaped():
    assert masking.sample({"email": "j\u202ea\0b"}) == '{"email": "*\\u202e*\\u0000*"}'


def test_an_emoji_is_masked():
    assert masked({"externalId": "👩 ok"}) == {"externalId": "* **"}


def test_a_body_that_is_not_json_is_masked_as_a_text():
    assert masked('{"email": "jane@acme.com",}') == {"…": '{"*****": "****@****.***",}'}


def test_a_long_text_is_cut():
    assert masked({"externalId": "x" * 10_000})["externalId"] == "*" * 80 + "…"


@pytest.mark.parametrize(
    "event",
    [
        {"properties": {f"p{n}": "x" * 100 for n in range(255)}},
        {f"field{n}": "é" * 200 for n in range(10)},
        {f"{n}{'é' * 1000}": "\0" * 10_000 for n in range(1000)},
        {"properties": {"a": {"b": {"c": {"d": {"e": {"f": "x"}}}}}}},
        ["x" * 1000] * 1000,
        ["“" * 1000] * 1000,
        "x" * 100_000,
    ],
)
def test_a_sample_is_short_and_json(event):
    sample = masking.sample(event)

    assert len(sample) <= masking.MAX_SAMPLE_CHARACTERS
    assert json.loads(sample)


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=9)
FIELDS = ("email", "phone", "externalId", "customer", "idempotencyKey", "timestamp", "other")


@given(st.sampled_from(FIELDS), WORDS)
def test_no_word_of_a_value_is_in_the_sample(field, word):
    assert word not in masked({field: f"{word}@{word}.com"})[field]


@given(st.recursive(WORDS, lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner)))
def test_no_word_of_properties_is_in_the_sample(value):
    sent = msgspec.json.decode(msgspec.json.encode({"properties": {"value": value}}))

    assert not {*_texts(value)} & {*_texts(masked(sent))}


def _texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
