"""An identifier in one text, `kind:value`."""

import pytest

from app.domain.identity_fields import parse_identifier


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("email:Jane@ACME.com", "email:jane@acme.com"),
        (" phone: (415) 555-2671 ", "phone:+14155552671"),
        ("externalId:crm:42", "externalId:crm:42"),
        ("anonymousId:a", "anonymousId:a"),
    ],
)
def test_an_identifier_is_normalised(text, name):
    assert str(parse_identifier(text)) == name


@pytest.mark.parametrize(
    "text", ["", ":", "email", "email:", "email: ", ":a@b.com", "Email:a@b.com", "customer:cus_1"]
)
def test_a_text_without_a_kind_and_a_value_is_an_error(text):
    with pytest.raises(ValueError, match="must be kind:value, such as email:jane@acme.com"):
        parse_identifier(text)


def test_an_invalid_value_is_an_error_of_its_kind():
    with pytest.raises(ValueError, match="must be a phone number"):
        parse_identifier("phone:x")
