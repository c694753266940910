import json

import pytest

from app.domain.blocklist import Blocklist
from app.errors import InvalidPayload
from app.ingest.events import Event, TrackedEvent, normalise
from app.ingest.payload import combine_errors, decode

blocklist = Blocklist()

EVENT = {"event": "page_viewed", "email": "jane@acme.com"}


def events(body):
    checked = decode(body if isinstance(body, bytes) else json.dumps(body).encode()).check(
        blocklist
    )
    assert not [error for error in checked if isinstance(error, InvalidPayload)]
    return [event for event in checked if isinstance(event, Event)]


def faults(body):
    try:
        checked = decode(body if isinstance(body, bytes) else json.dumps(body).encode()).check(
            blocklist
        )
    except InvalidPayload as refusal:
        checked = [refusal]
    combined = combine_errors([error for error in checked if isinstance(error, InvalidPayload)])
    return [(fault.path, fault.message) for fault in combined.details]


def paths(body):
    return [path for path, _ in faults(body)]


def test_an_event_may_have_every_field():
    (event,) = events(
        EVENT
        | {
            "customer": " cus_1 ",
            "phone": "4155552671",
            "externalId": "42",
            "timestamp": "2026-04-29T10:14:32.123456789+02:00",
            "properties": {"url": "/pricing"},
        }
    )

    assert event.customer == "cus_1"
    assert [str(identifier) for identifier in event.identifiers] == [
        "email:jane@acme.com",
        "phone:+14155552671",
        "externalId:42",
    ]
    assert event.timestamp == "2026-04-29T10:14:32.123456789+02:00"
    assert event.values == {"url": "/pricing"}


@pytest.mark.parametrize("absent", [None, "", "  ", "\t\n"])
@pytest.mark.parametrize("field", ["customer", "phone", "externalId", "timestamp"])
def test_a_blank_or_null_field_counts_as_absent(field, absent):
    assert events(EVENT | {field: absent}) == events(EVENT)


def test_null_properties_count_as_absent():
    assert events(EVENT | {"properties": None}) == events(EVENT)


@pytest.mark.parametrize("absent", [None, "", " "])
def test_a_blank_or_null_event_is_missing(absent):
    assert faults(EVENT | {"event": absent}) == [("event", "must be present")]


@pytest.mark.parametrize("key", ["customer", "email", "phone", "externalId"])
def test_blank_identifiers_alone_are_no_identifiers(key):
    assert faults({"event": "x", key: " "}) == [
        ("", "must have one of customer, email, phone, externalId")
    ]


def test_an_event_without_an_identifier_is_rejected():
    assert paths({"events": [EVENT, {"event": "x"}]}) == ["events[1]"]


def test_a_misspelt_field_is_rejected_by_name():
    assert faults(EVENT | {"emial": "joe@acme.com"}) == [
        ("emial", "must be a known field; did you mean email?")
    ]


def test_every_faulty_event_of_a_batch_is_named():
    assert paths(
        {
            "events": [
                EVENT,
                EVENT | {"timestamp": "yesterday"},
                EVENT | {"email": "jane", "phone": "1"},
                {"email": "jane@acme.com"},
                EVENT | {"emial": "x"},
                EVENT | {"email": 7},
                "event",
            ]
        }
    ) == [
        "events[1].timestamp",
        "events[2].email",
        "events[2].phone",
        "events[3].event",
        "events[4].emial",
        "events[5].email",
        "events[6]",
    ]


@pytest.mark.parametrize("value", [1, True, ["x"], {"a": 1}])
@pytest.mark.parametrize(
    "field", ["event", "customer", "email", "phone", "externalId", "timestamp"]
)
def test_a_field_of_the_wrong_type_is_named_once(field, value):
    assert faults(EVENT | {field: value}) == [(field, "must be a string")]


@pytest.mark.parametrize("value", [1, "x", True, []])
def test_properties_that_are_not_an_object_are_rejected(value):
    assert paths(EVENT | {"properties": value}) == ["properties"]


@pytest.mark.parametrize("name", ["x" * 201, "a\nb", "a\0b", "a\x7fb", "a\x85b"])
def test_an_event_name_that_is_too_long_or_unprintable_is_rejected(name):
    assert paths(EVENT | {"event": name}) == ["event"]


def test_an_event_name_of_200_characters_is_taken():
    assert events(EVENT | {"event": "é" * 200})[0].event == "é" * 200


@pytest.mark.parametrize("field", ["externalId", "customer"])
def test_255_characters_are_taken_as_an_id(field):
    assert events(EVENT | {field: "x" * 255})


@pytest.mark.parametrize("field", ["externalId", "customer"])
def test_256_characters_are_rejected_as_an_id(field):
    assert faults(EVENT | {field: "x" * 256}) == [(field, "must have at most 255 characters")]


def test_500_events_are_taken():
    assert len(events({"events": [EVENT] * 500})) == 500


@pytest.mark.parametrize("count", [0, 501])
def test_an_empty_batch_and_501_events_are_rejected(count):
    assert faults({"events": [EVENT] * count}) == [
        ("events", f"must have 1 to 500 events, not {count}")
    ]


@pytest.mark.parametrize("field", ["event", "email", "properties", "emial"])
def test_events_with_another_field_are_rejected(field):
    assert paths({"events": [EVENT], field: None}) == [field]


@pytest.mark.parametrize("value", [None, {}, "x", 1])
def test_events_that_are_not_an_array_are_rejected(value):
    assert paths({"events": value}) == ["events"]


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_a_body_that_is_not_an_object_is_rejected(body):
    assert faults(body) == [("", "must be an object")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"event=page_viewed",
        b'{"event": "\xff"}',
        b'\xef\xbb\xbf{"event": "x"}',
        '{"event": "x"}'.encode("utf-16"),
        b'{"event": "\\ud800"}',
        b'{"event": NaN}',
        b'{"a": ' + b"[" * 100_000,
        b'{"event": "x"} {}',
    ],
)
def test_a_body_that_is_not_json_is_rejected(body):
    ((path, message),) = faults(body)

    assert not path
    assert message.startswith("must be JSON in UTF-8")


def test_the_last_of_two_fields_with_one_name_counts():
    (event,) = events(b'{"event": "a", "email": "jane@acme.com", "event": "b"}')

    assert event.event == "b"


def test_an_anonymous_id_is_an_unknown_field():
    assert faults(EVENT | {"anonymousId": "visitor-1"}) == [
        ("anonymousId", "must be a known field")
    ]


def test_an_event_of_a_tracking_sdk_may_have_an_anonymous_id():
    sent = TrackedEvent(event="page_viewed", external_id="crm-42", anonymous_id=" visitor-1 ")

    event, errors = normalise(sent, blocklist)

    assert not errors
    assert [(str(identifier), identifier.weight) for identifier in event.identifiers] == [
        ("externalId:crm-42", 0.8),
        ("anonymousId:visitor-1", 0.5),
    ]
