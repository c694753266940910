"""Identity resolution and what a Touchpoint keeps, end to end."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@pytest.fixture
def touchpoint(cypher):
    """The Touchpoint of a response, as the graph has it."""

    def read(response):
        (row,) = cypher(
            """
            MATCH (customer:Customer)-[:HAS_TOUCHPOINT]->(touchpoint:Touchpoint {id: $id})
            RETURN touchpoint {
              .*,
              owner: customer.id,
              occurredAt: toString(touchpoint.occurredAt),
              receivedAt: toString(touchpoint.receivedAt)
            } AS touchpoint
            """,
            id=response["eventId"],
        )
        return row["touchpoint"]

    return read


@pytest.mark.parametrize("key", ["email", "phone", "externalId"])
def test_a_known_identifier_matches(ingest, unique, key, phone):
    values = {"email": f"{unique}@x.com", "phone": phone, "externalId": unique}
    first = ingest(**{key: values[key]})

    again = ingest(**{key: values[key]})

    assert (again["customerId"], again["resolved"]) == (first["customerId"], key)


@pytest.mark.parametrize(
    ("present", "decides"),
    [
        (["email", "phone", "externalId"], "email"),
        (["phone", "externalId"], "phone"),
        (["externalId"], "externalId"),
    ],
)
def test_the_identifier_of_highest_priority_matches(ingest, unique, present, decides, phone):
    values = {"email": f"{unique}@x.com", "phone": phone, "externalId": unique}
    customers = {key: ingest(**{key: value})["customerId"] for key, value in values.items()}

    response = ingest(**{key: values[key] for key in present})

    assert (response["customerId"], response["resolved"]) == (customers[decides], decides)


def test_an_identifier_without_an_owner_lets_the_next_one_match(ingest, unique, phone):
    known = ingest(externalId=unique)

    response = ingest(email=f"{unique}@x.com", phone=phone, externalId=unique)

    assert (response["customerId"], response["resolved"]) == (known["customerId"], "externalId")


def test_an_attached_identifier_matches_from_then_on(ingest, unique, phone):
    known = ingest(email=f"{unique}@x.com", phone=phone)

    assert ingest(phone=phone)["customerId"] == known["customerId"]


def test_a_named_customer_skips_resolution(ingest, unique):
    jane, joe = ingest(email=f"{unique}@x.com"), ingest(externalId=unique)

    response = ingest(customer=jane["customerId"], externalId=unique)

    assert joe["customerId"] != jane["customerId"]
    assert (response["customerId"], response["resolved"]) == (jane["customerId"], "customer")


def test_a_key_sent_with_a_named_customer_is_attached(ingest, unique, phone):
    known = ingest(email=f"{unique}@x.com")
    ingest(customer=known["customerId"], phone=phone)

    assert ingest(phone=phone)["customerId"] == known["customerId"]


def test_all_four_key_fields_may_come_together(ingest, unique, phone):
    known = ingest(email=f"{unique}@x.com")

    response = ingest(
        customer=known["customerId"],
        email=f"{unique}@x.com",
        phone=phone,
        externalId=unique,
    )

    assert response["customerId"] == known["customerId"]


def test_different_spellings_of_a_key_are_one_customer(ingest, unique):
    responses = [
        ingest(email=f"{unique}@bücher.example"),
        ingest(email=f" {unique.upper()}@XN--BCHER-KVA.example "),
    ]

    assert responses[0]["customerId"] == responses[1]["customerId"]


@pytest.mark.parametrize(
    ("timestamp", "occurred_at"),
    [
        ("2026-04-29T10:14:32Z", "2026-04-29T10:14:32Z"),
        ("2026-04-29T10:14:32.123456789+02:00", "2026-04-29T08:14:32.123456789Z"),
        ("2026-04-29T10:14:32.5-00:00", "2026-04-29T10:14:32.5Z"),
        ("2026-12-31T23:59:59.999999999-18:00", "2027-01-01T17:59:59.999999999Z"),
        ("1969-07-20T20:17:40.1+00:00", "1969-07-20T20:17:40.1Z"),
    ],
)
def test_a_timestamp_is_stored_as_sent_and_as_an_instant_in_utc(
    ingest, touchpoint, unique, timestamp, occurred_at
):
    stored = touchpoint(ingest(externalId=unique, timestamp=timestamp))

    assert (stored["timestamp"], normal(stored["occurredAt"])) == (timestamp, normal(occurred_at))


@pytest.mark.parametrize(
    "timestamp", ["0000-01-01T00:00:00+18:00", "9999-12-31T23:59:59.999999999-18:00"]
)
def test_the_earliest_and_the_latest_time_can_be_stored(ingest, touchpoint, unique, timestamp):
    assert touchpoint(ingest(externalId=unique, timestamp=timestamp))["timestamp"] == timestamp


def test_an_event_without_a_timestamp_happened_when_it_was_received(ingest, touchpoint, unique):
    stored = touchpoint(ingest(externalId=unique))

    assert stored["occurredAt"] == stored["receivedAt"]
    assert stored["timestamp"].endswith("Z")


def test_a_touchpoint_has_the_match_and_the_identifiers_of_its_event(
    ingest, touchpoint, unique, phone
):
    ingest(phone=phone)

    response = ingest(email=f" {unique.upper()}@X.com", phone=phone, externalId=unique)

    stored = touchpoint(response)
    assert stored["resolvedBy"] == "phone"
    assert stored["identifiers"] == [
        f"email:{unique}@x.com",
        f"phone:{phone}",
        f"externalId:{unique}",
    ]
    assert stored["owner"] == stored["customerId"] == response["customerId"]


def test_properties_are_stored_as_text_and_by_their_names(client, touchpoint, unique):
    text = '{ "url":"/pricing", "utm":{"source":"x"}, "big":100000000000000000000, "f":1.0}'
    body = f'{{"event":"x","externalId":"{unique}","properties":{text}}}'

    response = client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})

    stored = touchpoint(response.json())
    assert stored["properties"] == text
    assert (stored["url"], stored["utm.source"], stored["f"]) == ("/pricing", "x", 1.0)
    assert "big" not in stored


def test_an_event_without_properties_has_empty_ones(ingest, touchpoint, unique):
    assert touchpoint(ingest(externalId=unique))["properties"] == "{}"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.dictionaries(TEXT, JSON, max_size=6))
def test_properties_come_back_as_they_were_sent(ingest, touchpoint, content):
    stored = touchpoint(ingest(externalId="round trip", properties=content))

    assert json.loads(stored["properties"]) == content


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=TEXT | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.booleans())
def test_a_value_on_the_node_is_the_value_that_was_sent(ingest, touchpoint, value):
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        value = 0.5

    assert touchpoint(ingest(externalId="round trip", properties={"x": value}))["x"] == value


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moment=st.datetimes(),
    digits=st.from_regex(r"\A(\.[0-9]{1,9})?\Z"),
    offset=st.integers(-18 * 60, 18 * 60),
)
def test_equal_instants_are_equal_at_any_offset(ingest, touchpoint, moment, digits, offset):
    digits = digits if digits.isascii() else ""
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset), 60)
    timestamp = f"{moment:%H:%M:%S}{digits}{sign}{hours:02}:{minutes:02}"
    timestamp = f"{moment.year:04}-{moment:%m-%d}T{timestamp}"

    stored = touchpoint(ingest(externalId="round trip", timestamp=timestamp))

    assert stored["timestamp"] == timestamp
    assert stored["occurredAt"].endswith("Z")


def normal(instant):
    head, _, fraction = instant.rstrip("Z").partition(".")
    return head, fraction.ljust(9, "0")
