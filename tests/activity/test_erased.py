"""Erased Customers: which records the processes forget."""

import json

import pytest

from app.activity.erased import MAX_IDENTIFIERS, Erased, messages
from app.activity.record import entries
from app.errors import InvalidPayload, RateLimited
from app.ingest import payload
from app.ingest.events import TrackedEvent
from app.ingest.observer import ObservedRequest, Sender
from app.ingest.payload import Payload

ERASED = Erased(
    frozenset({"cus_1"}),
    frozenset({"email:jane@acme.com", "phone:+14155552671", "externalId:crm-1"}),
)


def rejected(body):
    """A request that was rejected with a body, decoded if it can be."""
    request = ObservedRequest(Sender("http"), raw=body, error=RateLimited(1, 1))
    try:
        request.payload = payload.decode(body)
    except InvalidPayload as error:
        request.error = error
    return request


def forgotten(body):
    """For each event of a body, whether its record is forgotten."""
    return [ERASED.is_in_record(entry.record) for entry in entries(rejected(body), "0a", 1)]


@pytest.mark.parametrize(
    "fields",
    [
        {"customer": "cus_1"},
        {"customer": " cus_1 "},
        {"email": "jane@acme.com"},
        {"email": " Jane@ACME.com"},
        {"phone": "(415) 555-2671"},
        {"externalId": "crm-1 "},
        {"email": "bob@acme.com", "externalId": "crm-1"},
    ],
)
def test_an_event_with_its_id_or_an_identifier_as_it_was_sent_is_forgotten(fields):
    assert forgotten(json.dumps({"event": "x"} | fields).encode()) == [True]


@pytest.mark.parametrize(
    "fields",
    [
        {"customer": "cus_2"},
        {"email": "jane@acme.co"},
        {"externalId": "jane@acme.com"},
        {"phone": "not a number"},
        {"externalId": "x" * 300},
    ],
)
def test_an_event_of_another_customer_stays(fields):
    assert forgotten(json.dumps({"event": "x"} | fields).encode()) == [False]


def test_of_a_batch_the_events_of_the_customer_are_forgotten():
    body = b'{"events": [{"event": "a", "email": "bob@acme.com"}, {"event": "b", "phone": %b}]}'

    assert forgotten(body % b'"+14155552671"') == [False, True]


def test_a_body_that_is_not_json_is_forgotten_if_it_names_an_identifier():
    assert forgotten(b'{"email": "JANE@acme.com"') == [True]
    assert forgotten(b'{"email": "bob@acme.com"') == [False]


def test_many_identifiers_are_several_messages():
    names = [f"externalId:{number}" for number in range(MAX_IDENTIFIERS + 1)]

    first, second = messages(["cus_1"], names)

    assert first.customers == second.customers == {"cus_1"}
    assert first.identifiers | second.identifiers == {*names}


def test_a_customer_without_identifiers_is_one_message():
    assert list(messages(["cus_1"], [])) == [Erased(frozenset({"cus_1"}), frozenset())]


def test_a_call_with_an_anonymous_id_as_it_was_sent_is_forgotten():
    erased = Erased(frozenset(), frozenset({"anonymousId:visitor-1"}))
    request = ObservedRequest(Sender("segment"), error=RateLimited(1, 1))
    request.payload = Payload([TrackedEvent(event="x", anonymous_id=" visitor-1 ")], True, 9, {})

    (entry,) = entries(request, "0a", 1)

    assert erased.is_in_record(entry.record)
