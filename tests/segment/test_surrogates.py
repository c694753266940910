"""Unpaired surrogates in the JSON of calls, which SDKs send if a program cuts a text."""

import json

import pytest

from app.segment import surrogates


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        (r'"\ud83d"', r'"\ufffd"'),
        (r'"\uD83D x"', r'"\ufffd x"'),
        (r'"\ude00"', r'"\ufffd"'),
        (r'"\ud83d\ud83d\ude00"', r'"\ufffd\ud83d\ude00"'),
        (r'"\ud83d\ude00"', r'"\ud83d\ude00"'),
        (r'"\\ud83d"', r'"\\ud83d"'),
        (r'"\\\ud83d"', r'"\\\ufffd"'),
        (r'"\"\n\u0041"', r'"\"\n\u0041"'),
    ],
)
def test_an_unpaired_surrogate_becomes_the_replacement_character(text, replaced):
    assert surrogates.replace(text.encode()) == replaced.encode()
    assert "\ufffd" in json.loads(replaced) or text == replaced
