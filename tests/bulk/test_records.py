"""The records of JSON lines, CSV rows and Segment's calls, as events."""

import io
import json
from typing import Any

import pytest

from app.bulk import records
from app.bulk.formats import reader
from app.bulk.source import Lines, SourceRejected
from app.errors import InvalidPayload

IDENTITY = "file"


def read(content, format_="jsonl", key=None, identity: str | None = IDENTITY) -> list[Any]:
    lines = Lines(io.BytesIO(content.encode("utf-8", "surrogateescape")), lambda: 0)
    return list(records.parse(reader.reader_for(format_, key)(lines), identity, ()))


def one(content, format_="jsonl", key=None):
    (record,) = read(content, format_, key)
    assert not isinstance(record.event, InvalidPayload), record.event.details
    return record.event


def errors(content, format_="jsonl", key=None):
    return [
        (record.line, detail.path, detail.message)
        for record in read(content, format_, key)
        if isinstance(record.event, InvalidPayload)
        for detail in record.event.details
    ]


def csv(header, *rows):
    return "\r\n".join([header, *rows]) + "\r\n"


def call(**fields):
    return json.dumps({"type": "track", "event": "x", "messageId": "m", "userId": "u"} | fields)


def keys(event):
    return [str(identifier) for identifier in event.identifiers]


def test_a_line_is_known_by_the_file_and_its_number():
    first, second = (f'{{"event": "{name}", "email": "a@b.example"}}' for name in "xy")

    parsed = read(f"{first}\n\n{second}")

    assert [record.event.idempotency_key for record in parsed] == ["file:1", "file:3"]


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_an_event_may_have_an_anonymous_id(format_):
    line = '{"event": "x", "externalId": "a", "anonymousId": " v ", "properties": {"n": 1.0}}'
    rows = csv("event,externalId,anonymousId,properties", 'x,a," v ","{""n"": 1.0}"')

    event = one(line if format_ == "jsonl" else rows, format_)

    assert keys(event) == ["externalId:a", "anonymousId:v"]
    assert event.properties == '{"n": 1.0}'


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('{"event": "x", "anonymousId": 1}', ("anonymousId", "must be a string")),
        ('{"event": "x", "anonymousId": "v", "a": 1}', ("a", "must be a known field")),
        (
            '{"event": "x", "anonymousId": "v\\u202e"}',
            ("anonymousId", "must not contain invisible characters"),
        ),
    ],
)
def test_an_event_with_an_anonymous_id_is_validated(line, error):
    assert errors(line) == [(1, *error)]


def test_a_key_of_its_own_comes_first():
    assert one('{"event": "x", "externalId": "a", "idempotencyKey": "k"}').idempotency_key == "k"


def test_without_a_name_an_event_needs_a_key_of_its_own():
    (record,) = read('{"event": "x", "externalId": "a"}', identity=None)

    assert record.event.details[0].path == "idempotencyKey"


@pytest.mark.parametrize(("value", "key"), [('"a"', "a"), ("12", "12")])
def test_a_field_of_the_callers_choice_is_the_key(value, key):
    event = one(f'{{"event": "x", "externalId": "e", "order": {value}}}', key="order")

    assert event.idempotency_key == key


def test_a_field_that_events_have_can_be_the_key_as_well():
    event = one('{"event": "x", "externalId": "e"}', key="externalId")

    assert (event.idempotency_key, keys(event)) == ("e", ["externalId:e"])


def test_properties_of_a_line_keep_their_exact_text():
    assert one('{"event":"x","email":"a@b.example","properties":{"n": 1.10}}').properties == (
        '{"n": 1.10}'
    )


def test_a_row_of_csv_has_the_fields_of_its_columns():
    header = "event,email,phone,externalId,timestamp,properties,idempotencyKey"
    row = 'x,a@b.example,4155552671,e,2026-04-29T10:14:32Z,"{""n"": 1.10}",k'

    event = one(csv(header, row), "csv")

    assert (event.event, event.timestamp, event.idempotency_key) == (
        "x",
        "2026-04-29T10:14:32Z",
        "k",
    )
    assert keys(event) == ["email:a@b.example", "phone:+14155552671", "externalId:e"]
    assert event.properties == '{"n": 1.10}'


def test_columns_named_after_properties_are_properties():
    event = one(csv("event,email,properties.url,properties.n", "x,a@b.example,/,1"), "csv")

    assert json.loads(event.properties) == {"url": "/", "n": "1"}


def test_they_are_added_to_the_others_and_an_empty_cell_is_none():
    header = "event,email,properties,properties.url,properties.n"

    event = one(csv(header, 'x,a@b.example,"{""m"": 1.10}",/,'), "csv")

    assert event.properties == '{"m":1.10,"url":"/"}'


def test_a_cell_may_have_line_breaks_and_a_row_is_known_by_its_first_line():
    header = "event,email,properties.text"

    parsed = read(csv(header, 'x,a@b.example,"a\nb"', "y,a@b.example,c"), "csv")

    assert [record.line for record in parsed] == [2, 4]
    assert parsed[0].raw == b'x,a@b.example,"a\nb"'
    assert json.loads(parsed[0].event.properties) == {"text": "a\nb"}


def test_a_byte_order_mark_is_no_part_of_the_header():
    assert one("\ufeff" + csv("event,email", "x,a@b.example"), "csv").event == "x"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x", "must have 3 cells like the header, not 1"),
        ('x,a@b.example,"{"', "must be a JSON object: Input data was truncated"),
        ('x,a@b.example,"{}, ""phone"": ""1"""', "must be a JSON object"),
        ("x,a@b.example,[]", "must be an object"),
        ('x,"a"b,', "must be CSV"),
        ("x,\udcff@b.example,", "must be UTF-8"),
    ],
)
def test_an_invalid_row_is_reported_and_the_next_one_is_read(row, message):
    content = csv("event,email,properties", row, "y,a@b.example,")

    ((line, _, message_of_line),) = errors(content, "csv")

    assert (line, message_of_line[: len(message)]) == (2, message)
    assert read(content, "csv")[1].event.event == "y"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("event,e-mail\n", "unknown column 'e-mail'"),
        ("event,properties.\n", "unknown column 'properties.'"),
        ("event,email,event\n", "duplicate column 'event'"),
        ("", "missing header row"),
        ("\n", "missing header row"),
        ('"a"b\n', "the header row must be CSV"),
    ],
)
def test_an_unusable_header_is_rejected(content, message):
    with pytest.raises(SourceRejected, match=message):
        read(content, "csv")


def test_a_column_of_the_callers_choice_is_the_key():
    assert one(csv("event,email,order", "x,a@b.example,7"), "csv", "order").idempotency_key == "7"
    assert errors(csv("event,email,order", "x,a@b.example,"), "csv", "order") == [
        (2, "order", "is required")
    ]
    with pytest.raises(SourceRejected, match="missing column 'order'"):
        read(csv("event,email"), "csv", "order")


def test_a_track_call_is_an_event():
    event = one(
        call(
            event="Order Completed",
            anonymousId="an",
            context={"traits": {"email": "a@b.example", "phone": "+14155552671"}, "ip": "::1"},
            properties={"total": 27.5},
            timestamp="2026-04-29T10:14:32.000Z",
            originalTimestamp="2026-04-29T10:14:33.000Z",
        ),
        "segment",
    )

    assert (event.event, event.timestamp) == ("Order Completed", "2026-04-29T10:14:32.000Z")
    assert keys(event) == [
        "email:a@b.example",
        "phone:+14155552671",
        "externalId:u",
        "anonymousId:an",
    ]
    assert (event.idempotency_key, json.loads(event.properties)["total"]) == ("m", 27.5)


def test_a_call_without_a_timestamp_has_the_original_one():
    text = "2026-04-29T10:14:33.000Z"

    assert one(call(originalTimestamp=text), "segment").timestamp == text


@pytest.mark.parametrize(
    ("ids", "key"),
    [
        ({"userId": None, "anonymousId": "an"}, "anonymousId:an"),
        ({"userId": 42}, "externalId:42"),
        ({"userId": "", "anonymousId": "an"}, "anonymousId:an"),
    ],
)
def test_a_call_without_a_user_id_has_the_anonymous_one(ids, key):
    assert keys(one(call(**ids), "segment")) == [key]


def test_an_identify_call_carries_the_traits():
    traits = {"email": "a@b.example", "plan": "pro"}

    event = one(call(type="identify", traits=traits), "segment")

    assert event.event == "identified"
    assert keys(event) == ["email:a@b.example", "externalId:u"]
    assert json.loads(event.properties) == traits


@pytest.mark.parametrize(("kind", "name"), [("page", "page_viewed"), ("screen", "screen_viewed")])
def test_a_page_or_screen_call_names_the_page_or_screen(kind, name):
    event = one(
        call(type=kind, name="Home", category="Docs", properties={"url": "/", "name": "Start"}),
        "segment",
    )

    assert event.event == name
    assert json.loads(event.properties) == {
        "url": "/",
        "name": "Start",
        "_name": "Home",
        "category": "Docs",
    }


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"messageId": None}, "messageId"),
        ({"type": None}, "type"),
        ({"type": "order"}, "type"),
        ({"event": None}, "event"),
        ({"userId": None}, ""),
        ({"userId": {}}, "userId"),
        ({"userId": None, "traits": {"email": "nobody"}}, "traits.email"),
        ({"properties": []}, "properties"),
        ({"timestamp": "yesterday"}, "timestamp"),
    ],
)
def test_a_call_that_is_no_event_is_rejected_with_a_reason(fields, path):
    ((_, field, _),) = errors(call(**fields), "segment")

    assert field == path
