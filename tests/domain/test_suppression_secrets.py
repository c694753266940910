"""Suppression secrets: the keyed hashes of identifiers."""

import pytest

from app.domain import suppression_secrets
from app.domain.suppression_secrets import FORM

ONE, OTHER = "11" * 32, "22" * 32


def secret(text):
    (only,) = suppression_secrets.parse(text)
    return only


def test_an_identifier_has_one_hash_by_a_key():
    assert secret(ONE).hash("email:jane@acme.com") == secret(ONE).hash("email:jane@acme.com")


def test_another_key_gives_another_hash():
    assert secret(ONE).digest("email:jane@acme.com") != secret(OTHER).digest("email:jane@acme.com")


def test_another_kind_gives_another_hash():
    assert secret(ONE).digest("externalId:1") != secret(ONE).digest("anonymousId:1")


def test_a_hash_names_its_key():
    stored = secret(ONE).hash("phone:+14155552671")

    assert suppression_secrets.split(stored) == (
        secret(ONE).id,
        secret(ONE).digest("phone:+14155552671"),
    )


def test_a_file_has_several_keys_in_their_order():
    secrets = suppression_secrets.parse(f"{ONE}\n{OTHER}\n")

    assert [item.id for item in secrets] == [secret(ONE).id, secret(OTHER).id]


@pytest.mark.parametrize("text", ["", "\n", "secret", "11" * 31, "11" * 65, f"{ONE}\nsecret"])
def test_a_text_of_another_form_is_no_key(text):
    with pytest.raises(ValueError, match=FORM):
        suppression_secrets.parse(text)
