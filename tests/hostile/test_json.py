"""JSON that is broken, extreme or ambiguous: a clear 400, or stored as it is."""

import json

import pytest

HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def send(client, unique):
    """Sends an event whose `properties` are the JSON text given; `%` in a body is unique."""

    def post(text, body=b'{"event":"x","externalId":"%","properties":PROPERTIES}'):
        text = text if isinstance(text, bytes) else text.encode()
        content = body.replace(b"PROPERTIES", text).replace(b'"%"', f'"{unique}"'.encode())
        return client.post("/v1/events", content=content, headers=HEADERS)

    return post


@pytest.fixture
def stored(cypher):
    """The stored Touchpoint of an accepted event."""

    def read(response):
        assert response.status_code == 200, response.text
        (row,) = cypher(
            "MATCH (t:Touchpoint {id: $id}) RETURN t {.*} AS t", id=response.json()["eventId"]
        )
        return row["t"]

    return read


@pytest.mark.parametrize(
    "text",
    [
        '{"a":9223372036854775807}',
        '{"a":9223372036854775808}',
        '{"a":1180591620717411303424}',
        '{"a":-9223372036854775809}',
        '{"a":0.1000000000000000055511151231257827}',
        '{"a":-0.0}',
        '{"a":1E-7}',
        '{"a":"\\u0000"}',
        '{"a":"\\ud83d\\ude00"}',
        '{"a":"\\u202e\\u200b"}',
        '{"a":1,"a":2}',
        '{"__proto__":{"admin":true},"constructor":1}',
        '{"":1}',
        '{"a\\u0000b":1}',
        '{"a.b":1,"a":{"b":2}}',
        '{"`":1,"a`b":"`) DETACH DELETE n //"}',
        '{"id":"x","customerId":"x","timestamp":"x","payloadDigest":"x"}',
        '{"a":[1,"a",null,[1],{}],"b":[],"c":[null]}',
        '{"%s":1}' % ("n" * 16_000),
    ],
)
def test_unusual_properties_are_stored_as_sent(send, stored, text):
    assert stored(send(text))["properties"] == text


def test_properties_named_like_our_own_do_not_replace_them(send, stored):
    touchpoint = stored(send('{"id":"x","customerId":"x","payloadDigest":"x","event":"y"}'))

    assert touchpoint["id"].startswith("evt_")
    assert touchpoint["customerId"].startswith("cus_")
    assert touchpoint["event"] == "x"
    assert "payloadDigest" not in touchpoint


def test_a_name_of_16_000_characters_is_in_the_text_only(send, stored):
    touchpoint = stored(send(json.dumps({"n" * 16_000: 1})))

    assert not [name for name in touchpoint if len(name) > 255]


def test_a_nul_in_a_value_reaches_the_node(send, stored):
    assert stored(send('{"a":"x\\u0000y"}'))["a"] == "x\0y"


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a":1e400}',
        '{"a":-1e400}',
        '{"a":%s}' % ("9" * 5_000),
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":"\\ud800"}',
        '{"a":"\\udc00\\ud800"}',
        '{"\\ud800":1}',
        b'{"a":"\xff"}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":"\xed\xa0\x80"}',
        '{"a":"\n"}',
        '{"a":"\0"}',
        '{"a":01}',
        '{"a":1,}',
        "{'a':1}",
        '{"a":1',
        "[]",
    ],
    ids=lambda text: repr(text)[:24],
)
def test_properties_that_cannot_be_stored_are_400(send, text):
    response = send(text)

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid_payload"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"[" * 100_000,
        b'{"events":' + b"[" * 100_000,
        b'{"emial":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'\xef\xbb\xbf{"event":"x","externalId":"%"}',
        '{"event":"x","externalId":"y"}'.encode("utf-16"),
        '{"event":"x","externalId":"y"}'.encode("utf-32"),
        b'{"event":"x","externalId":"%"',
        b'{"event":"x","externalId":"%"}{}',
        b'{"event":"x","externalId":"\xf0\x9f"}',
        b'{"event":"\\ud800","externalId":"%"}',
        b'{"events":[{"event":"x","externalId":"%"},]}',
        b"null",
        b"event=x&email=jane@acme.com",
    ],
    ids=lambda body: repr(body)[:24],
)
def test_a_broken_body_is_400(send, body):
    response = send("{}", body=body)

    assert response.status_code == 400
    assert response.json()["error"]["details"]


def test_of_two_fields_with_one_name_the_last_counts(send, stored):
    response = send("{}", body=b'{"event":"first","externalId":"%","event":"last"}')

    assert stored(response)["event"] == "last"


def test_a_response_to_many_validation_errors_stays_small(client):
    fields = {f"field {n}": 1 for n in range(20_000)}

    response = client.post("/v1/events", json={"events": [fields]})

    assert response.status_code == 400
    assert len(response.content) < 10_000
