"""Confusing text in every field: stored byte for byte, or rejected."""

import unicodedata

import pytest

from app.ingest.events import TrackedEvent, normalise

NAUGHTY = [
    "'",
    '"',
    "\\",
    "`",
    "$events",
    "{}",
    "//",
    "/* */",
    "'}) DETACH DELETE (n) //",
    "'; MATCH (n) DETACH DELETE n; //",
    "x`}) SET n.admin = true //",
    "\\u0027 OR 1=1",
    "${jndi:ldap://127.0.0.1/a}",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "%00",
    "%s%n%x",
    "=1+1",
    "NULL",
    "undefined",
    "true",
    "-1",
    "1e309",
    "ﬁ ligature",
    "田中さん",
    "صحة",
    "👩‍👩‍👧‍👦",
    "Z͑ͫ̓ͪ̂ͫ̽",
    "﷽",
    "\u0130\u0131",
    "ǅ ß",
    "\u2028",
    "\u200b",
    "\ufeff",
    "\u202etxt.exe",
    "a\u0301",
    "\r\nX-Injected: 1",
    "\x1b[31mred",
    "\x00",
    "\x7f",
]

FIELDS = ["event", "customer", "email", "phone", "externalId", "timestamp", "idempotencyKey"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("text", NAUGHTY, ids=repr)
def test_a_field_is_stored_unchanged_or_rejected(client, cypher, unique, field, text):
    body = {"event": "x", "externalId": unique} | {field: text}

    response = client.post("/v1/events", json=body)

    assert response.status_code in {200, 400}, response.text
    if response.status_code == 400:
        # The path names the field, or the event that has no other key.
        assert response.json()["error"]["details"][0]["path"] in {field, ""}
    elif field == "event":
        (row,) = cypher(
            "MATCH (t:Touchpoint {id: $id}) RETURN t.event AS event", id=response.json()["eventId"]
        )
        assert row["event"] == text


@pytest.mark.parametrize("text", NAUGHTY, ids=repr)
def test_a_property_is_stored_as_it_is(client, cypher, unique, text):
    body = {"event": "x", "externalId": unique, "properties": {"value": text, f"n{text}": 1}}

    response = client.post("/v1/events", json=body)

    assert response.status_code == 200
    (row,) = cypher(
        "MATCH (t:Touchpoint {id: $id}) RETURN t.value AS value", id=response.json()["eventId"]
    )
    assert row["value"] == text


@pytest.mark.parametrize("text", NAUGHTY, ids=repr)
def test_an_anonymous_id_merges_its_customer_or_is_invalid(track, cypher, unique, text):
    device = f"{text}{unique}"
    _, errors = normalise(TrackedEvent(event="x", anonymous_id=device), ())
    if errors:
        assert [error.path for error in errors] == ["anonymousId"]
        return

    known, _, _ = track(
        [
            {"event": "x", "externalId": unique},
            {"event": "x", "anonymousId": device},
            {"event": "x", "externalId": unique, "anonymousId": device},
        ]
    )

    rows = cypher(
        "MATCH (i:Identifier)-[:IDENTIFIES]->(:Customer {id: $id}) RETURN i.value AS value",
        id=known["customerId"],
    )
    value = unicodedata.normalize("NFC", device.strip())
    assert sorted(row["value"] for row in rows) == sorted([unique, value])


def test_cypher_in_every_field_creates_and_deletes_nothing(client, ingest, cypher, unique):
    attack = "x'}) CREATE (:Pwned) WITH 1 AS a MATCH (n) DETACH DELETE n //"
    response = ingest(externalId=f"there-{unique}")

    for field in FIELDS:
        client.post("/v1/events", json={"event": "x", "externalId": unique} | {field: attack})
    client.post(
        "/v1/events",
        json={"event": attack, "externalId": unique, "properties": {attack: attack}},
    )

    assert cypher("MATCH (n:Pwned) RETURN n") == []
    left = "MATCH (:Customer {id: $customerId})-->(t:Touchpoint {id: $eventId}) RETURN t"
    assert len(cypher(left, **response)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("é{}@x.com", "e\u0301{}@x.com"),
        ("{}@éa.example", "{}@e\u0301a.example"),
        ("{}@x.com", " {}@X.COM\u00a0"),
    ],
)
def test_addresses_that_look_the_same_are_one_customer(ingest, unique, one, other):
    responses = [ingest(email=text.format(unique)) for text in (one, other)]

    assert responses[0]["customerId"] == responses[1]["customerId"]


@pytest.mark.parametrize("form", ["é{}", "e\u0301{}", " é{} ", "é{}\u3000"])
def test_external_ids_that_look_the_same_are_one_customer(ingest, unique, form):
    known = ingest(externalId=f"é{unique}")

    assert ingest(externalId=form.format(unique))["customerId"] == known["customerId"]


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u202e"])
@pytest.mark.parametrize("field", ["email", "externalId", "phone", "customer"])
def test_an_invisible_character_in_an_identifier_is_rejected(client, unique, field, unseen):
    text = {"email": f"a{unseen}{unique}@x.com", "phone": f"+1415{unseen}5552671"}
    value = text.get(field, f"a{unseen}{unique}")

    response = client.post("/v1/events", json={"event": "x", field: value})

    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["path"] == field
