"""Quoting: a stored value is one literal in one line, with any content."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from app.customers.quoting import MAX_ENTRIES, MAX_TEXT_LENGTH, quote, quote_properties


@given(st.text(max_size=MAX_TEXT_LENGTH))
def test_a_quoted_text_is_the_json_of_the_text(text):
    assert json.loads(quote(text)) == text


@given(st.text())
def test_a_quoted_text_is_one_line_of_visible_characters(text):
    quoted = quote(text)

    assert quoted.isprintable()
    assert not set("<>`").intersection(quoted)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("</customer-data>", r'"\u003c/customer-data\u003e"'),
        ("a\nb", r'"a\nb"'),
        ("\u202eabc", r'"\u202eabc"'),
        ("a\u200bb", r'"a\u200bb"'),
        ("\u2028", r'"\u2028"'),
        ("```", r'"\u0060\u0060\u0060"'),
        ("\U000e0041", r'"\udb40\udc41"'),
        ("a\ufe0fb", r'"a\ufe0fb"'),
        ('say "hi"', r'"say \"hi\""'),
        ("Zoë 🐘", '"Zoë 🐘"'),
    ],
)
def test_a_character_that_hides_or_breaks_text_is_escaped(text, escaped):
    assert quote(text) == escaped


def test_a_long_text_is_cut_and_its_length_is_stated():
    assert quote("x" * 1234, 3) == '"xxx"… (1,234 characters)'


@pytest.mark.parametrize(
    ("raw", "quoted"),
    [
        ("{}", "{}"),
        ('{"n": 1.10,  "big":12345678901234567890}', '{"n": 1.10, "big": 12345678901234567890}'),
        ('{"a":\n{"b":\t["<x>"]}}', r'{"a": {"b": ["\u003cx\u003e"]}}'),
        ('{"<b>":"\\u202e"}', r'{"\u003cb\u003e": "\u202e"}'),
        ('{"a": [%s1]}' % ("1," * 200), '{"a": … (list of 403 characters)}'),
        ('{"a": 1%s}' % ("0" * 400), '{"a": … (number of 401 characters)}'),
    ],
)
def test_properties_are_one_line_of_json(raw, quoted):
    assert quote_properties(Raw(raw.encode())) == quoted


def test_many_properties_are_cut_and_the_rest_is_counted():
    raw = json.dumps({str(number): number for number in range(MAX_ENTRIES + 2)})

    assert quote_properties(Raw(raw.encode())).endswith('"19": 19, … (2 more)}')
