"""`Prefer: handling=lenient` (RFC 7240): the valid events of a batch are stored."""

import pytest


@pytest.fixture
def send(client):
    """Sends a batch with a Prefer header, and returns the response."""

    def post(events, prefer="handling=lenient", **headers):
        headers |= {"Prefer": prefer} if prefer else {}
        return client.post("/v1/events", json={"events": events}, headers=headers)

    return post


def event(unique, **fields):
    return {"event": "x", "externalId": unique} | fields


@pytest.fixture
def batch(unique):
    """Good events around one of each kind of bad one."""
    return [
        event(unique),
        event(unique, timestamp="yesterday"),
        event(unique, emial="jane@acme.com"),
        event(unique, email=7),
        event(unique, customer="cus_nobody"),
        {"event": "x"},
        "event",
        event(unique),
    ]


def outcomes(response):
    return [
        result["error"]["details"][0]["path"] if "error" in result else result["resolved"]
        for result in response.json()["results"]
    ]


def test_each_bad_event_has_its_error_in_its_place(send, batch):
    assert outcomes(send(batch)) == [
        "new",
        "events[1].timestamp",
        "events[2].emial",
        "events[3].email",
        "events[4].customer",
        "events[5]",
        "events[6]",
        "externalId",
    ]


def test_only_the_valid_events_are_counted_and_stored(send, batch, cypher, unique):
    assert send(batch).json()["accepted"] == 2

    (row,) = cypher(
        "MATCH (:Identifier {kind: 'externalId', value: $unique})-->()-->(t:Touchpoint) "
        "RETURN count(t) AS touchpoints",
        unique=unique,
    )
    assert row["touchpoints"] == 2


def test_the_response_confirms_the_applied_preference(send, batch):
    response = send(batch)

    assert response.status_code == 200
    assert response.headers["preference-applied"] == "handling=lenient"


@pytest.mark.parametrize("prefer", [None, "handling=strict", "respond-async", "lenient", ""])
def test_a_batch_is_atomic_without_the_preference(send, batch, prefer):
    response = send(batch, prefer)

    assert response.status_code == 400
    assert "preference-applied" not in response.headers


@pytest.mark.parametrize(
    "prefer",
    [
        "Handling=Lenient",
        'handling="lenient"',
        "respond-async, handling=lenient;x=1",
        "wait=5,handling = lenient",
    ],
)
def test_a_preference_may_be_spelt_as_the_rfc_allows(send, batch, prefer):
    assert send(batch, prefer).status_code == 200


def test_the_first_of_two_preferences_counts(send, batch):
    assert send(batch, "handling=strict, handling=lenient").status_code == 400


def test_a_batch_without_a_good_event_keeps_nothing(send):
    response = send([{"event": "x"}, {"emial": "x"}])

    assert (response.status_code, response.json()["accepted"]) == (200, 0)


@pytest.mark.parametrize("events", [[], [{}] * 501, "x"])
def test_a_body_without_a_batch_is_400(send, events):
    assert send(events).status_code == 400


def test_a_single_event_is_atomic_with_the_preference(client):
    response = client.post(
        "/v1/events", json={"event": "x"}, headers={"Prefer": "handling=lenient"}
    )

    assert response.status_code == 400


def test_a_replay_of_a_lenient_batch_returns_the_same(send, batch, unique):
    first, again = (send(batch, **{"Idempotency-Key": unique}) for _ in range(2))

    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


def test_the_header_speaks_for_a_lenient_batch_too(send, batch, unique):
    send(batch, **{"Idempotency-Key": unique})

    assert send(batch[:-1], **{"Idempotency-Key": unique}).status_code == 409


def test_an_own_key_with_another_payload_is_an_error_in_its_place(send, unique):
    events = [event(unique, idempotencyKey=unique, properties={"n": n}) for n in range(2)]

    results = send([*events, event(unique)]).json()["results"]

    assert results[1]["error"]["code"] == "idempotency_conflict"
    assert ["error" in result for result in results] == [False, True, False]
