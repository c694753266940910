"""`POST /v1/context`: whom a key names, and what is known of that Customer."""

import time

import msgspec
import pytest

from app.customers.context import ConflictingCustomer, Context, fit
from app.customers.context_query import MAX_TOUCHPOINTS, MIN_RESPONSE_BYTES
from app.graph import browser_links
from tests.support import http_client


@pytest.fixture
def context(read_context):
    """The context that a query finds."""

    def of(**query):
        return http_client.ok_json(read_context(**query))

    return of


@pytest.fixture
def person(unique, phone):
    """Identifiers of a person that no other test uses."""
    return {
        "email": f"{unique}@acme.com",
        "phone": phone,
        "externalId": f"crm-{unique}",
    }


@pytest.mark.parametrize(("kind", "weight"), [("email", 1.0), ("phone", 0.9), ("externalId", 0.8)])
def test_any_key_finds_the_customer_and_is_named_with_its_weight(
    ingest, context, person, kind, weight
):
    customer = ingest(**person)["customerId"]

    response = context(**{kind: person[kind]})

    assert (response["customerId"], response["matchedBy"], response["weight"]) == (
        customer,
        kind,
        weight,
    )


def test_an_anonymous_id_finds_the_customer(track, context, unique):
    (visit,) = track([{"event": "x", "anonymousId": unique}])

    response = context(anonymousId=f" {unique} ")

    assert (response["customerId"], response["matchedBy"], response["weight"]) == (
        visit["customerId"],
        "anonymousId",
        0.5,
    )
    assert [item["kind"] for item in response["identifiers"]] == ["anonymousId"]
    assert response["touchpoints"][0]["resolved"] == "new"


def test_the_first_identifier_that_matches_comes_before_an_anonymous_id(
    track, ingest, context, unique
):
    track([{"event": "x", "anonymousId": unique}])
    known = ingest(externalId=unique)

    response = context(externalId=unique, anonymousId=unique)

    assert (response["customerId"], response["matchedBy"]) == (known["customerId"], "externalId")


def test_a_named_customer_is_found_without_a_key(ingest, context, person):
    customer = ingest(**person)["customerId"]

    response = context(customer=customer)

    assert (response["customerId"], response["matchedBy"], response["weight"]) == (
        customer,
        "customer",
        None,
    )


def test_a_key_is_normalised_before_it_is_looked_up(ingest, context, unique):
    customer = ingest(email=f"{unique}@acme.com")["customerId"]

    assert context(email=f"  {unique.upper()}@ACME.com ")["customerId"] == customer


def test_the_known_identifier_of_highest_priority_matches(ingest, context, unique, person):
    by_email = ingest(email=person["email"])["customerId"]
    ingest(phone=person["phone"])

    response = context(email=person["email"], phone=person["phone"], externalId=f"never-{unique}")

    assert (response["customerId"], response["matchedBy"]) == (by_email, "email")


def test_an_identifier_without_an_owner_lets_the_next_one_match(ingest, context, unique, person):
    ingest(phone=person["phone"])

    assert context(email=f"never-{unique}@x.com", phone=person["phone"])["matchedBy"] == "phone"


def test_all_identifiers_are_returned_highest_priority_first(ingest, context, person):
    ingest(**person)

    identifiers = [
        (identifier["kind"], identifier["value"])
        for identifier in context(email=person["email"])["identifiers"]
    ]

    assert identifiers == list(person.items())


def test_events_are_counted_by_their_name(ingest, context, person):
    for event in ("opened", "clicked", "opened"):
        ingest(event=event, email=person["email"])

    assert context(email=person["email"])["events"] == [
        {"event": "opened", "count": 2},
        {"event": "clicked", "count": 1},
    ]


def test_first_and_last_seen_are_times_of_events(ingest, context, person):
    for timestamp in ("2026-04-29T10:00:00+02:00", "2024-01-01T00:00:00.000000001Z"):
        ingest(email=person["email"], timestamp=timestamp)

    response = context(email=person["email"])

    assert (response["firstSeen"], response["lastSeen"]) == (
        "2024-01-01T00:00:00.000000001Z",
        "2026-04-29T08:00:00Z",
    )


def test_the_latest_touchpoints_come_newest_first(ingest, context, person):
    for day in (3, 1, 2):
        ingest(email=person["email"], timestamp=f"2026-04-0{day}T00:00:00Z")

    touchpoints = context(email=person["email"], limit=2)["touchpoints"]

    assert [touchpoint["timestamp"][:10] for touchpoint in touchpoints] == [
        "2026-04-03",
        "2026-04-02",
    ]


def test_a_touchpoint_has_the_sent_values_byte_for_byte(ingest, read_context, client, person):
    body = (
        f'{{"event":"x","email":"{person["email"]}","timestamp":"2026-04-29T10:14:32.10+02:00",'
        '"properties":{"n": 1.10, "big":12345678901234567890,  "n":2}}'
    )
    client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})

    text = read_context(email=person["email"]).text

    assert '"timestamp":"2026-04-29T10:14:32.10+02:00"' in text
    assert '"properties":{"n": 1.10, "big":12345678901234567890,  "n":2}' in text


def test_a_customer_that_may_be_the_same_person_is_returned_with_the_reason(
    ingest, context, person
):
    by_email = ingest(email=person["email"])["customerId"]
    by_phone = ingest(phone=person["phone"])["customerId"]
    ingest(email=person["email"], phone=person["phone"])

    (other,) = context(customer=by_email)["possibleSamePeople"]
    (back,) = context(customer=by_phone)["possibleSamePeople"]

    assert (other["customerId"], other["kind"], other["count"]) == (by_phone, "phone", 1)
    assert back["customerId"] == by_email


def test_an_unknown_identifier_is_404_and_creates_no_customer(read_context, cypher, unique):
    response = read_context(email=f"{unique}@acme.com")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_customer")
    assert not cypher("MATCH (i:Identifier {value: $v}) RETURN i", v=f"{unique}@acme.com")


def test_an_unknown_customer_is_404_with_any_identifiers(ingest, read_context, person):
    ingest(**person)

    assert read_context(customer="cus_nobody", **person).status_code == 404


def test_as_of_returns_the_state_of_that_time(ingest, context, person):
    ingest(event="before", email=person["email"])
    moment = _moment()
    ingest(event="after", email=person["email"], phone=person["phone"])

    response = context(email=person["email"], asOf=moment)

    assert [touchpoint["event"] for touchpoint in response["touchpoints"]] == ["before"]
    assert response["events"] == [{"event": "before", "count": 1}]
    assert [identifier["kind"] for identifier in response["identifiers"]] == ["email"]


def test_as_of_a_time_before_the_customer_none_is_found(ingest, read_context, person):
    moment = _moment()
    ingest(**person)

    assert read_context(email=person["email"], asOf=moment).status_code == 404


def test_a_response_limit_is_met_by_leaving_out_the_oldest_touchpoints(
    ingest, read_context, person
):
    ingest(
        [
            {
                "event": "x",
                "email": person["email"],
                "timestamp": f"2026-04-{day:02}T00:00:00Z",
                "properties": {"text": "x" * 300},
            }
            for day in range(1, 21)
        ]
    )

    response = read_context(email=person["email"], maxBytes=4096)

    body = response.json()
    returned = [touchpoint["timestamp"][8:10] for touchpoint in body["touchpoints"]]
    assert len(response.content) <= 4096
    assert returned == [f"{20 - n:02}" for n in range(len(returned))]
    assert body["omitted"] == {"touchpoints": 20 - len(returned)}
    assert returned


def test_the_smallest_size_leaves_the_customer_itself(ingest, read_context, person, unique):
    ingest([{"event": f"{unique}-{n}" * 5, **person} for n in range(50)])

    response = read_context(email=person["email"], maxBytes=2048)

    assert len(response.content) <= 2048
    assert response.json()["omitted"]["events"]


def test_the_smallest_size_has_room_for_a_link_to_neo4j_browser():
    link = browser_links.link(f"https://{'x' * 60}.example:7473/browser/", f"cus_{'x' * 26}")
    moment = "2026-04-29T10:14:32.123456789Z"
    person = ConflictingCustomer("cus_x", "email", moment, moment, 1)
    context = Context(
        f"cus_{'x' * 26}", "externalId", 0.8, moment, moment, moment, [], [], [person] * 99, []
    )

    counts = {"counted_touchpoints": 10**9, "total_touchpoints": 10**9}
    returned = fit(msgspec.structs.replace(context, browser=link, **counts), MIN_RESPONSE_BYTES)

    assert len(msgspec.json.encode(returned)) <= MIN_RESPONSE_BYTES


def test_a_response_that_fits_is_complete_and_has_no_omissions(ingest, context, person):
    ingest(**person)

    assert "omitted" not in context(email=person["email"], maxBytes=100_000)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({}, ""),
        ({"email": " "}, ""),
        ({"email": "jane"}, "email"),
        ({"email": 1}, "email"),
        ({"phone": "12"}, "phone"),
        ({"email": "jane@acme.com", "limit": MAX_TOUCHPOINTS + 1}, "limit"),
        ({"email": "jane@acme.com", "limit": -1}, "limit"),
        ({"email": "jane@acme.com", "asOf": "yesterday"}, "asOf"),
        ({"email": "jane@acme.com", "maxBytes": 10}, "maxBytes"),
        ({"emial": "jane@acme.com"}, "emial"),
    ],
)
def test_an_invalid_query_is_400_and_names_the_error(read_context, query, path):
    response = read_context(**query)

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid_payload")
    assert error["details"][0]["path"] == path


def _moment():
    time.sleep(0.002)
    moment = time.time_ns()
    time.sleep(0.002)
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 10**9))
    return f"{whole}.{moment % 10**9:09}Z"
