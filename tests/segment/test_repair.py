"""JSON of SDKs that the decoder cannot read."""

import pytest

from app.segment.repair import MAX_LEVELS, MAX_TOKENS, repair


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ('{"a":NaN,"b":[Infinity,-Infinity,-1]}', '{"a":null,"b":[null,null,-1]}'),
        (r'{"NaN":"NaN \" NaN\\","a":NaN}', r'{"NaN":"NaN \" NaN\\","a":null}'),
        (r'{"a":"\ud83d","b":NaN}', r'{"a":"\ufffd","b":null}'),
        ('{"a": [1, {"b": 2.50}]}', '{"a": [1, {"b": 2.50}]}'),
    ],
)
def test_numbers_that_json_lacks_become_null_outside_texts(text, repaired):
    assert repair(text.encode()) == repaired.encode()


def test_what_is_nested_too_deep_becomes_null():
    deep = "[" * 5000 + "NaN" + "]" * 5000
    rest = "[" * (MAX_LEVELS - 1) + "null" + "]" * (MAX_LEVELS - 1)

    assert repair(f'[1,{deep},"]",2]'.encode()) == f'[1,{rest},"]",2]'.encode()


def test_what_is_nested_as_deep_as_allowed_is_unchanged():
    text = "[" * MAX_LEVELS + "]" * MAX_LEVELS

    assert repair(text.encode()) == text.encode()


@pytest.mark.parametrize("text", ["[" * 5000, "[" * 5000 + "]" * 4000, '"' + "[" * 5000, "\\"])
def test_what_has_no_end_is_unchanged(text):
    assert repair(text.encode()) == text.encode()


def test_what_has_too_many_tokens_is_unchanged():
    text = "[" * MAX_TOKENS + "]" * MAX_TOKENS

    assert repair(text.encode()) == text.encode()
