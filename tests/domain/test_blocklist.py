"""Blocked values: the list, its setting, and their effect on an event."""

import pytest

from app import settings
from app.access import api_keys
from app.domain import identifiers as identity
from app.domain.blocklist import DEFAULT, Blocklist
from app.settings import Settings, SettingsError
from tests.support import http_client
from tests.support.server import serving, wait_until_ready

READ = {
    "email": identity.email,
    "phone": identity.phone,
    "externalId": identity.external_id,
    "anonymousId": identity.anonymous_id,
}


@pytest.fixture
def is_blocked():
    """Whether `kind:value` is blocked, by default or with a setting."""

    def ask(key, setting=""):
        kind, _, text = key.partition(":")
        return READ[kind](text) in Blocklist(setting)

    return ask


# The default


@pytest.mark.parametrize(
    "key",
    [
        *("email:test@test.com", "email:test@example.com", "email:user@example.com"),
        *("email:noreply@acme.com", "email:no-reply@acme.com", "email:donotreply@acme.com"),
        *("email:do-not-reply@acme.com", "email:mailer-daemon@acme.com", "email:null@acme.com"),
        *("email:postmaster@acme.com", "email:undefined@acme.com", "email:none@none.com"),
        *("email:anonymous@acme.com", "email:n/a@acme.com", "email:{{user}}@acme.com"),
        *("phone:0000000000", "phone:+10000000000", "phone:1111111111", "phone:5555555555"),
        *("phone:+440000000000", "phone:+444444444444", "phone:+3725555555"),
        *("phone:1234567890", "phone:0123456789", "phone:9876543210"),
        *("externalId:null", "externalId:undefined", "externalId:none", "externalId:nil"),
        *("externalId:nan", "externalId:n/a", "externalId:na", "externalId:anonymous"),
        *("externalId:anon", "externalId:guest", "externalId:unknown", "externalId:id"),
        *("externalId:unidentified", "externalId:not_authenticated", "externalId:email"),
        *("externalId:distinct_id", "externalId:true", "externalId:false", "externalId:-1"),
        *("externalId:0", "externalId:0000", "externalId:-", "externalId:[object Object]"),
        "externalId:00000000-0000-0000-0000-000000000000",
        "externalId:{00000000-0000-0000-0000-000000000000}",
        *("externalId:{{user.id}}", "externalId:${userId}", "externalId:<%= id %>"),
        *("externalId:*|EMAIL|*", "externalId:[[id]]", "externalId:%%id%%"),
    ],
)
def test_a_placeholder_is_blocked(is_blocked, key):
    assert is_blocked(key)


@pytest.mark.parametrize(
    "key",
    ["email: NoReply@ACME.com ", "phone:(000) 000-0000", "externalId:  NULL ", "externalId:NaN"],
)
def test_a_key_is_blocked_in_any_spelling(is_blocked, key):
    assert is_blocked(key)


@pytest.mark.parametrize(
    "key",
    [
        *("email:jane@acme.com", "email:noreply2@acme.com", "email:jane@noreply.com"),
        *("email:test@acme.com", "email:jane+null@acme.com", "email:{jane}@acme.com"),
        *("phone:+14155552671", "phone:+12111111111", "phone:+44122222222", "phone:+33123456789"),
        *("externalId:guest-42", "externalId:nobody-0", "externalId:1", "externalId:0042"),
        *("externalId:{3f2504e0-4f89-11d3-9a0c-0305e82c3301}", "externalId:{user}"),
        *("externalId:test@test.com", "externalId:+10000000000", "externalId:ID-1"),
    ],
)
def test_a_possible_identifier_is_not_blocked(is_blocked, key):
    assert not is_blocked(key)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(kind, value) for kind, values in DEFAULT.items() for value in sorted(values)],
)
def test_a_value_of_the_default_is_in_the_form_that_is_looked_up(is_blocked, kind, value):
    assert is_blocked(f"{kind}:{value}acme.com" if value.endswith("@") else f"{kind}:{value}")


# The setting


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("email:info@acme.com", "email:Info@ACME.com"),
        ("email:INFO@acme.com", "email:info@acme.com"),
        ("email:info@", "email:info@acme.com"),
        ("email:@acme.com", "email:jane@acme.com"),
        ("email:@bücher.example", "email:jane@xn--bcher-kva.example"),
        ("email:STRAẞE@", "email:straße@acme.com"),
        ("phone:(415) 555-2671", "phone:+14155552671"),
        ("externalId:Test User", "externalId:test user"),
        ("externalId:a:b", "externalId:a:b"),
        (" email:a@acme.com , ,phone:+14155552671,", "phone:4155552671"),
    ],
)
def test_an_entry_blocks_more(is_blocked, setting, key):
    assert is_blocked(key, setting)
    assert not is_blocked(key)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("-email:test@test.com", "email:test@test.com"),
        ("-email:noreply@", "email:noreply@acme.com"),
        ("-email:noreply@acme.com", "email:noreply@acme.com"),
        ("email:@acme.com, -email:jane@acme.com", "email:jane@acme.com"),
        ("-phone:1234567890", "phone:+11234567890"),
        ("-phone:+3725555555", "phone:+3725555555"),
        ("-externalId:guest", "externalId:Guest"),
        ("-externalId:-1", "externalId:-1"),
        ("-externalId:0", "externalId:0"),
        ("-externalId:{{ID}}", "externalId:{{id}}"),
        ("externalId:x,-externalId:x", "externalId:x"),
    ],
)
def test_an_entry_with_a_minus_unblocks(is_blocked, setting, key):
    assert not is_blocked(key, setting)


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("-email:noreply@acme.com", "email:noreply@x.example"),
        ("-externalId:0", "externalId:00"),
        ("-externalId:guest,externalId:guest", "externalId:guest"),
        ("-externalId:0,externalId:0", "externalId:0"),
    ],
)
def test_an_entry_with_a_minus_unblocks_its_value_alone(is_blocked, setting, key):
    assert is_blocked(key, setting)


@pytest.mark.parametrize(
    "entry",
    [
        *("guest", "externalid:guest", "name:jane", "externalId:", "email:", "phone: "),
        *("email:jane", "email:@", "email:@acme", "email:a b@", "phone:12", "externalId:a\u200bb"),
        *("-externalId:gest", "-email:jane@acme.com", "-email:@acme.com", "-phone:+14155552671"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_at_the_start(entry):
    with pytest.raises(SettingsError) as error:
        settings.load({"WAYPATH_BLOCKED_KEYS": f"externalId:x,{entry}"})

    assert str(error.value).startswith(f"WAYPATH_BLOCKED_KEYS: {entry.strip()} ")


def test_every_entry_that_cannot_be_used_is_named():
    with pytest.raises(SettingsError, match=r"guest .*; name:jane "):
        settings.load({"WAYPATH_BLOCKED_KEYS": "guest,externalId:x,name:jane"})


# Effects on an event


@pytest.fixture
def stored(cypher):
    """The identifiers of the Touchpoint of a response."""

    def read(response):
        (row,) = cypher(
            "MATCH (t:Touchpoint {id: $id}) "
            "RETURN t.identifiers AS identifiers, t.ignored AS ignored, t.properties AS properties",
            id=response["eventId"],
        )
        return row.data()

    return read


@pytest.fixture
def identifiers(cypher):
    """The Identifiers, owned or not, whose value has a word in it."""

    def read(word):
        rows = cypher("MATCH (i:Identifier) WHERE i.value CONTAINS $word RETURN i.value", word=word)
        return {row["i.value"] for row in rows}

    return read


def warning(path, value):
    message = f"{value} is a blocked value and was ignored"
    return {"path": path, "code": "blocked_key", "message": message}


def blocked(path, value):
    message = f"must not be the only identifier: {value} is a blocked value"
    return {"path": path, "message": message}


def test_a_blocked_value_is_ignored_and_named_in_the_response(ingest, unique):
    known = ingest(externalId=unique)

    response = ingest(email="NoReply@acme.com", externalId=unique)

    assert response == {
        "eventId": response["eventId"],
        "customerId": known["customerId"],
        "resolved": "externalId",
        "warnings": [warning("email", "noreply@acme.com")],
    }


def test_a_response_without_a_blocked_value_has_no_warnings(ingest, unique):
    assert ingest(externalId=unique).keys() == {"eventId", "customerId", "resolved"}


def test_events_with_the_same_blocked_value_stay_separate(ingest, unique):
    responses = [
        ingest(email=f"{unique}{n}@acme.com", phone="0000000000", externalId="null")
        for n in range(2)
    ]

    assert [response["resolved"] for response in responses] == ["new", "new"]
    assert responses[0]["customerId"] != responses[1]["customerId"]


def test_a_blocked_value_creates_no_identifier(ingest, identifiers, unique):
    ingest(email=f"noreply@{unique}.com", externalId=unique)

    assert identifiers(unique) == {unique}


def test_a_touchpoint_stores_the_ignored_values(ingest, stored, unique):
    response = ingest(email=f"{unique}@acme.com", phone="000-000-0000", externalId=" Guest ")

    assert stored(response) == {
        "identifiers": [f"email:{unique}@acme.com"],
        "ignored": ["phone:+10000000000", "externalId:Guest"],
        "properties": "{}",
    }


def test_a_property_named_ignored_is_in_the_text_only(ingest, stored, unique):
    response = ingest(externalId=unique, properties={"ignored": ["x"]})

    assert stored(response) == {
        "identifiers": [f"externalId:{unique}"],
        "ignored": None,
        "properties": '{"ignored":["x"]}',
    }


def test_a_blocked_value_with_a_named_customer_is_ignored(ingest, stored, unique):
    known = ingest(externalId=unique)

    response = ingest(customer=known["customerId"], externalId="undefined")

    assert (response["customerId"], response["resolved"]) == (known["customerId"], "customer")
    assert response["warnings"] == [warning("externalId", "undefined")]
    assert stored(response)["identifiers"] == []


def test_an_event_of_a_batch_is_named_by_its_place(ingest, unique):
    events = [
        {"event": "x", "externalId": unique},
        {"event": "x", "externalId": unique, "email": "test@test.com", "phone": "1111111111"},
    ]

    first, second = ingest(events)["results"]

    assert "warnings" not in first
    assert second["warnings"] == [
        warning("events[1].email", "test@test.com"),
        warning("events[1].phone", "+11111111111"),
    ]


@pytest.mark.parametrize(
    "key", [("email", "noreply@acme.com"), ("phone", "+10000000000"), ("externalId", "null")]
)
def test_a_blocked_value_alone_is_400_and_is_named(client, key):
    response = client.post("/v1/events", json=dict([("event", "x"), key]))

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid_payload")
    assert error["details"] == [blocked(*key)]


def test_each_of_several_blocked_values_is_named(client):
    event = {"event": "x", "email": "test@test.com", "externalId": "null"}

    details = client.post("/v1/events", json={"events": [event]}).json()["error"]["details"]

    assert details == [
        blocked("events[0].email", "test@test.com"),
        blocked("events[0].externalId", "null"),
    ]


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        ({"email": "jane"}, ["email"]),
        ({"customer": "x" * 256}, ["customer"]),
        ({"email": 7}, ["email", "externalId"]),  # which is no key at all
    ],
)
def test_a_blocked_value_with_an_invalid_identifier_names_the_invalid_one(client, wrong, paths):
    event = {"event": "x", "externalId": "null"} | wrong

    details = client.post("/v1/events", json=event).json()["error"]["details"]

    assert [detail["path"] for detail in details] == paths


def test_other_validation_errors_of_the_event_are_named_as_well(client):
    event = {"externalId": "null", "emial": "jane@acme.com"}

    details = client.post("/v1/events", json=event).json()["error"]["details"]

    assert [detail["path"] for detail in details] == ["emial", "externalId", "event"]


def test_a_lenient_batch_keeps_the_events_that_have_another_key(client, unique):
    events = [
        {"event": "x", "externalId": "null"},
        {"event": "x", "externalId": "null", "email": f"{unique}@acme.com"},
    ]

    response = client.post(
        "/v1/events", json={"events": events}, headers={"Prefer": "handling=lenient"}
    ).json()

    assert response["accepted"] == 1
    assert response["results"][0]["error"]["details"] == [blocked("events[0].externalId", "null")]
    assert response["results"][1]["warnings"] == [warning("events[1].externalId", "null")]


@pytest.mark.parametrize("is_batch", [False, True])
def test_a_replay_returns_the_same_warnings(client, unique, is_batch):
    event = {"event": "x", "email": f"{unique}@acme.com", "phone": "0000000000"}
    body = {"events": [event]} if is_batch else event

    first, again = (
        client.post("/v1/events", json=body, headers={"Idempotency-Key": unique}) for _ in range(2)
    )

    assert "blocked_key" in first.text
    assert (again.headers["idempotency-replayed"], again.content) == ("true", first.content)


# The other interfaces, and a setting of their own


@pytest.fixture
def read(address, make_key):
    """Asks for a context, and returns the response."""
    headers = {"X-API-Key": make_key(api_keys.CONTEXT_READ)}
    return lambda **query: http_client.post(f"{address}/v1/context", json=query, headers=headers)


def test_a_context_ignores_a_blocked_value(ingest, read, unique):
    customer = ingest(externalId=unique)["customerId"]

    context = read(email="noreply@acme.com", externalId=unique).json()

    assert (context["customerId"], context["matchedBy"]) == (customer, "externalId")


def test_a_context_by_a_blocked_value_alone_is_400(read):
    response = read(externalId="null")

    assert response.status_code == 400
    assert response.json()["error"]["details"] == [blocked("externalId", "null")]


def test_a_context_does_not_find_the_owner_that_a_key_had_before_it_was_blocked(
    cypher, read, unique
):
    cypher(
        "CREATE (:Identifier {kind: 'email', value: $value, weight: 1.0})-[:IDENTIFIES]->"
        "(:Customer {id: $id})",
        value=f"noreply@{unique}.com",
        id=f"cus_{unique}",
    )

    assert read(email=f"noreply@{unique}.com", externalId=unique).status_code == 404


@pytest.fixture
def search(address, make_key):
    """Searches for a text on the page, and returns the response."""
    cookies = {"waypath_key": make_key(api_keys.CONTEXT_READ)}
    return lambda text: http_client.get(f"{address}/search", params={"q": text}, cookies=cookies)


def test_a_search_for_a_blocked_value_finds_no_customer(search):
    assert search("null").status_code == 404


def test_the_setting_applies_to_every_interface(database, api_key, unique):
    config = Settings(blocked_keys=f"externalId:{unique},-externalId:guest")
    with serving(database, config) as address:
        wait_until_ready(address)

        def status(**event):
            headers = {"X-API-Key": api_key}
            body = {"event": "x", **event}
            return http_client.post(f"{address}/v1/events", json=body, headers=headers).status_code

        assert [status(externalId=unique), status(externalId="guest")] == [400, 200]
