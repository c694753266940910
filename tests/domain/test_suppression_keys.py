"""Suppression keys: the keyed hashes of identifiers."""

import pytest

from app.domain import suppression_keys
from app.domain.suppression_keys import FORM

ONE, OTHER = "11" * 32, "22" * 32


def key(text):
    (only,) = suppression_keys.parse(text)
    return only


def test_an_identifier_has_one_hash_by_a_key():
    assert key(ONE).hash("email:jane@acme.com") == key(ONE).hash("email:jane@acme.com")


def test_another_key_gives_another_hash():
    assert key(ONE).digest("email:jane@acme.com") != key(OTHER).digest("email:jane@acme.com")


def test_another_kind_gives_another_hash():
    assert key(ONE).digest("externalId:1") != key(ONE).digest("anonymousId:1")


def test_a_hash_names_its_key():
    stored = key(ONE).hash("phone:+14155552671")

    assert suppression_keys.split(stored) == (key(ONE).id, key(ONE).digest("phone:+14155552671"))


def test_a_file_has_several_keys_in_their_order():
    keys = suppression_keys.parse(f"{ONE}\n{OTHER}\n")

    assert [item.id for item in keys] == [key(ONE).id, key(OTHER).id]


@pytest.mark.parametrize("text", ["", "\n", "secret", "11" * 31, "11" * 65, f"{ONE}\nsecret"])
def test_a_text_of_another_form_is_no_key(text):
    with pytest.raises(ValueError, match=FORM):
        suppression_keys.parse(text)
