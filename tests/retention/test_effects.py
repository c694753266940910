"""The effects of a deletion of Touchpoints on all that refers to them."""

import pytest

from app.access import api_keys
from app.domain import pagination, timestamps
from tests.support import http_client
from tests.support.identity_conflicts import Position, conflict_id
from tests.support.old_events import OLD, RECENT

pytestmark = [pytest.mark.alone, pytest.mark.usefixtures("turn")]
pytest_plugins = ["tests.support.pruning", "tests.support.reviewing"]


@pytest.fixture
def context(reviewer):
    return lambda **query: reviewer.post("/v1/context", json=query)


@pytest.fixture
def timeline(reviewer):
    """The times of a Customer's events, on all pages of one event."""

    def read(customer, **query):
        times = []
        while True:
            page = http_client.ok_json(
                reviewer.get(f"/v1/customers/{customer}/timeline", params={"limit": 1, **query})
            )
            times += [touchpoint["timestamp"] for touchpoint in page["touchpoints"]]
            if not (cursor := page.get("nextCursor")):
                return times
            query["cursor"] = cursor

    return read


def test_an_identical_retry_stores_the_event_again_with_the_same_customer(
    send_old, prune, ages, unique
):
    (first,) = send_old(1, idempotencyKey=unique)
    prune()

    (again,) = send_old(1, idempotencyKey=unique)

    assert again["eventId"] == first["eventId"]
    assert again["customerId"] == first["customerId"]
    assert ages(first["customerId"]) == [OLD]


def test_a_retry_of_an_event_that_stays_is_a_replay(ingest, prune, ages, unique):
    event = {"email": f"{unique}@x.com", "timestamp": RECENT, "idempotencyKey": unique}
    first = ingest(**event)
    prune()

    assert (ingest(**event), ages(first["customerId"])) == (first, [RECENT])


def test_a_context_counts_the_touchpoints_that_stay(send_old, ingest, prune, context):
    customer = send_old(3)[0]["customerId"]
    ingest(customer=customer, timestamp=RECENT)
    prune()

    found = context(customer=customer).json()

    assert found["firstSeen"] == RECENT
    assert [event["count"] for event in found["events"]] == [1]


def test_a_customer_without_touchpoints_is_found_by_its_identifier(
    send_old, prune, context, unique
):
    customer = send_old(3)[0]["customerId"]
    prune()

    assert context(email=f"{unique}@x.com").json()["customerId"] == customer


def test_a_context_of_the_past_has_the_identity_of_that_time(
    person, merge, send_old, prune, context, unique
):
    first, second = person("ann"), send_old(1)[0]["customerId"]
    at, _ = timestamps.now()
    merge(first, second)
    prune()

    then = context(email=f"{unique}@x.com", asOf=at).json()

    assert (then["customerId"], then["events"]) == (second, [])
    assert context(email=f"{unique}@x.com").json()["customerId"] == first


def test_a_timeline_has_the_touchpoints_that_stay(send_old, ingest, prune, timeline):
    customer = send_old(2)[0]["customerId"]
    ingest(customer=customer, timestamp=RECENT)
    prune()

    assert timeline(customer) == [RECENT]


def test_a_cursor_at_a_deleted_touchpoint_stays_valid(send_old, ingest, prune, reviewer):
    customer = send_old(2)[0]["customerId"]
    ingest(customer=customer, timestamp=RECENT)
    path = f"/v1/customers/{customer}/timeline"
    cursor = reviewer.get(path, params={"limit": 2}).json()["nextCursor"]
    prune()

    assert http_client.ok_json(reviewer.get(path, params={"cursor": cursor}))["touchpoints"] == []


def test_a_deleted_event_has_no_explanation(send_old, prune, reviewer):
    (event,) = send_old(1)
    prune()

    response = reviewer.get(f"/v1/events/{event['eventId']}")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_event")


def test_the_event_that_stays_is_explained_as_before(send_old, ingest, prune, reviewer, unique):
    send_old(1)
    event = ingest(email=f"{unique}@x.com", timestamp=RECENT)["eventId"]
    before = reviewer.get(f"/v1/events/{event}").json()
    prune()

    assert reviewer.get(f"/v1/events/{event}").json() == before


def test_a_merge_can_be_undone(person, send_old, merge, undo, prune, context, unique):
    first, second = person("ann"), send_old(1)[0]["customerId"]
    made = merge(first, second)
    prune()

    undo(made)

    assert context(email=f"{unique}@x.com").json()["customerId"] == second


def test_an_identity_conflict_keeps_its_evidence(ingest, email, phone, send_old, prune, reviewer):
    one = ingest(email=email("ann"))["customerId"]
    other = ingest(email=email("bob"), phone=phone)["customerId"]
    send_old(3, email=email("ann"), phone=phone)
    prune()
    cursor = pagination.encode(Position(2.7, f"{conflict_id(one, other)}~phone~"))

    page = reviewer.get("/v1/identity/conflicts", params={"limit": 1, "cursor": cursor})

    (conflict,) = http_client.ok_json(page)["conflicts"]
    (key,) = conflict["evidence"]["keys"]
    assert conflict["id"] == conflict_id(one, other)
    assert (key["count"], "lastEvent" in key) == (3, False)


def test_the_page_of_a_conflict_links_to_no_deleted_event(
    ingest, email, phone, send_old, prune, address, make_key
):
    one = ingest(email=email("ann"))["customerId"]
    other = ingest(email=email("bob"), phone=phone)["customerId"]
    event = send_old(1, email=email("ann"), phone=phone)[0]["eventId"]
    key = make_key(api_keys.CONTEXT_READ, api_keys.IDENTITY_READ)
    cookie = {"Cookie": f"waypath_key={key}"}
    path = f"{address}/conflicts/{conflict_id(one, other)}"
    before = http_client.get(path, headers=cookie)
    prune()

    after = http_client.get(path, headers=cookie)

    assert (before.status_code, after.status_code) == (200, 200)
    assert event in before.text
    assert event not in after.text


def test_identifiers_without_events_stay_in_a_split(send_old, prune, reviewer, unique):
    name = f"{unique}@x.com"
    customer = send_old(1, externalId=unique)[0]["customerId"]
    prune()

    preview = http_client.ok_json(reviewer.post(f"/v1/customers/{customer}/split-preview"))

    assert preview["parts"] == []
    assert preview["stays"] == {
        "identifiers": [f"email:{name}", f"externalId:{unique}"],
        "touchpoints": 0,
    }


def test_an_erasure_deletes_the_rest(send_old, ingest, prune, address, make_key, unique, context):
    customer = send_old(2)[0]["customerId"]
    ingest(customer=customer, timestamp=RECENT)
    prune()
    key = make_key(*api_keys.SCOPES)

    erasure = http_client.delete(
        f"{address}/v1/customers/{customer}", headers={"X-API-Key": key}, timeout=30
    ).json()

    assert (erasure["identifiers"], erasure["touchpoints"]) == (1, 1)
    assert context(email=f"{unique}@x.com").status_code == 404


def test_an_entry_of_the_audit_log_has_the_number_of_touchpoints(send_old, prune, reviewer):
    send_old(3)
    result = prune()

    (entry, *_) = http_client.ok_json(reviewer.get("/v1/identity/changes", params={"limit": 1}))[
        "changes"
    ]

    assert (entry.pop("id")[:4], bool(entry.pop("at"))) == ("prn_", True)
    assert entry == {
        "kind": "prune",
        "by": "cli",
        "customers": [],
        "touchpoints": 3,
        "before": result.before,
    }


def test_the_page_of_the_audit_log_counts_the_touchpoints(send_old, prune, address, make_key):
    send_old(3)
    prune()
    cookie = {"Cookie": f"waypath_key={make_key(api_keys.IDENTITY_READ)}"}

    page = http_client.get(f"{address}/audit", headers=cookie)

    assert "3 touchpoints from before" in page.text
