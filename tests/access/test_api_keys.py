import re

import pytest

from app.access import api_keys


def test_a_key_has_the_contracts_form():
    assert re.fullmatch(r"wp_live_[0-9A-Za-z]{36}", api_keys.generate())


def test_a_key_has_a_right_checksum():
    assert api_keys.is_well_formed(api_keys.generate())


def test_no_two_keys_are_the_same():
    assert len({api_keys.generate() for _ in range(100)}) == 100


@pytest.mark.parametrize("position", [8, 20, 37, 38, 43])
def test_a_mistyped_key_has_a_wrong_checksum(position):
    key = api_keys.generate()
    other = "a" if key[position] != "a" else "b"

    assert not api_keys.is_well_formed(key[:position] + other + key[position + 1 :])


@pytest.mark.parametrize("text", ["", "wp_live_", "wp_test_x", "Bearer x", "é" * 44, "\0" * 44])
def test_any_other_text_is_not_a_key(text):
    assert not api_keys.is_well_formed(text)


def test_the_digest_is_the_sha_256():
    assert api_keys.digest("abc").startswith("ba7816bf8f01cfea414140de5dae2223")
