"""The errors of queries that cannot be decoded."""

import json

import pytest

from app.customers.context_query import ContextQuery
from app.customers.timeline import TimelineQuery
from app.errors import InvalidPayload
from app.http import decoding


@pytest.mark.parametrize(
    ("arguments", "kind", "path", "rule"),
    [
        ({"emial": "a"}, ContextQuery, "emial", "must be a known field; did you mean email?"),
        (
            {"email": "jane@acme.com"},
            TimelineQuery,
            "email",
            "must be a known field: customer, limit, cursor, event, from, to, asOf",
        ),
        ({"format": "markdown"}, ContextQuery, "format", "must be json or text"),
        ({"limit": "10"}, ContextQuery, "limit", "must be an integer"),
        ({}, TimelineQuery, "customer", "must be present"),
    ],
)
def test_a_wrong_argument_is_an_error_with_its_rule(arguments, kind, path, rule):
    with pytest.raises(InvalidPayload) as raised:
        decoding.decode(json.dumps(arguments).encode(), kind, names_fields=True)

    (detail,) = raised.value.details
    assert (detail.path, detail.message) == (path, rule)


def test_a_route_names_no_other_field():
    with pytest.raises(InvalidPayload) as raised:
        decoding.decode(b'{"emial": "a"}', ContextQuery)

    (detail,) = raised.value.details
    assert detail.message == "must be a known field"
