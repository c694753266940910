"""Reviews by a data steward: dismissals, their undo, and shared identifiers."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.access import api_keys
from app.domain import ids, timestamps
from app.identity.reviews import ReviewService, SharedMark
from tests.support import http_client
from tests.support.identity_conflicts import conflict_id

pytest_plugins = ["tests.support.reviewing"]

# Whether an Identifier is shared, and how often it was reviewed.
SHARED = """
MATCH (identifier:Identifier {value: $value})
RETURN identifier.shared IS NOT NULL AS shared, COUNT { (identifier)-[:REVIEWED]->() } AS reviews
"""


def test_a_dismissal_returns_its_time_author_and_reason(two, dismiss, reviewer, cypher):
    response = dismiss(conflict_id(*two))

    body = response.json()
    digest = api_keys.digest(reviewer.headers["X-API-Key"])
    ((by,),) = cypher("MATCH (key:ApiKey {hash: $hash}) RETURN key.id", hash=digest)
    assert response.status_code == 200
    assert body.pop("id").startswith("dsm_")
    assert body.pop("at")
    assert body == {
        "kind": "dismissal",
        "by": by,
        "reason": "a couple",
        "customers": sorted(two),
    }


def test_a_dismissed_conflict_is_not_listed(two, dismiss, listed):
    dismiss(conflict_id(*two))

    assert listed(*two) is None


def test_a_dismissed_conflict_stays_so_when_its_keys_come_again(
    people, ingest, send_conflict, phone, dismiss, listed
):
    (one, email), (other, others_email) = people(2)
    ingest(email=others_email, phone=phone)
    send_conflict(email, phone=phone)
    dismiss(conflict_id(one, other))

    send_conflict(email, 3, phone=phone)

    assert listed(one, other) is None


def test_a_dismissal_holds_for_customers_merged_with_the_two(
    two, people, ingest, send_conflict, merge, dismiss, listed, unique
):
    one, other = two
    (third, thirds_email), (fourth, _) = people(2)
    ingest(customer=other, externalId=unique)
    send_conflict(thirds_email, 5, externalId=unique)
    dismiss(conflict_id(one, other))
    assert listed(third, other, "externalId")

    merge(third, one)
    merge(fourth, third)

    assert listed(third, other, "externalId") is None


def test_a_repeated_dismissal_returns_the_first_response(two, dismiss):
    first = dismiss(conflict_id(*two))
    again = dismiss(conflict_id(*two), {"reason": "siblings"})

    assert again.content == first.content
    assert again.status_code == 200


def test_many_dismissals_at_once_are_one(two, dismiss, cypher):
    with ThreadPoolExecutor(8) as pool:
        responses = {response.content for response in pool.map(dismiss, [conflict_id(*two)] * 16)}

    ((count,),) = cypher(
        "MATCH (:Customer {id: $id})-[d:NOT_SAME_AS]-() RETURN count(d)", id=two[0]
    )
    assert (len(responses), count) == (1, 1)


@pytest.mark.parametrize("conflict", ["x", "~", "cus_a~cus_b", "cus_a~cus_b~phone", "%00~%F0"])
def test_a_dismissal_of_no_conflict_is_404(dismiss, conflict):
    response = dismiss(conflict)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_conflict")


def test_customers_without_a_conflict_cannot_be_dismissed(people, dismiss):
    (one, _), (other, _) = people(2)

    assert dismiss(conflict_id(one, other)).status_code == 404


def test_merged_customers_cannot_be_dismissed(two, merge, dismiss):
    merge(*two)

    assert dismiss(conflict_id(*two)).status_code == 404


def test_a_dismissal_that_is_undone_is_a_conflict_again(two, dismiss, undo_dismissal, listed):
    conflict = listed(*two)
    dismiss(conflict_id(*two))

    undo_dismissal(dismiss(conflict_id(*two)))

    assert listed(*two) == conflict


def test_the_undo_of_a_dismissal_returns_its_time_author_and_reason(
    two, dismiss, address, make_key, cypher
):
    dismissal = dismiss(conflict_id(*two)).json()
    another = make_key(api_keys.IDENTITY_WRITE)
    ((by,),) = cypher(
        "MATCH (key:ApiKey {hash: $hash}) RETURN key.id", hash=api_keys.digest(another)
    )

    response = http_client.post(
        f"{address}/v1/dismissals/{dismissal['id']}/undo",
        json={"reason": "one person"},
        headers={"X-API-Key": another},
    )

    undone = response.json()
    assert response.status_code == 200
    assert timestamps.parse(undone.pop("at")) > timestamps.parse(dismissal.pop("at"))
    assert undone == dismissal | {"kind": "undo", "by": by, "reason": "one person"}


def test_a_repeated_undo_of_a_dismissal_returns_the_first_response(two, dismiss, undo_dismissal):
    dismissal = dismiss(conflict_id(*two))

    first, again = (
        undo_dismissal(dismissal, {"reason": "one person"}),
        undo_dismissal(dismissal, {"reason": "twice"}),
    )

    assert (again.status_code, again.content) == (200, first.content)
    assert "reason" not in undo_dismissal(dismiss(conflict_id(*two))).json()


def test_an_undone_dismissal_can_be_repeated(two, dismiss, undo_dismissal, listed):
    first = dismiss(conflict_id(*two))
    undone = undo_dismissal(first)

    second = dismiss(conflict_id(*two))

    assert second.json()["id"] != first.json()["id"]
    assert listed(*two) is None
    assert undo_dismissal(first).content == undone.content
    assert listed(*two) is None
    undo_dismissal(second)
    assert listed(*two)


def test_many_undos_of_a_dismissal_at_once_are_one(two, dismiss, undo_dismissal, cypher):
    dismissal = dismiss(conflict_id(*two))
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(undo_dismissal, [dismissal] * 16))

    ((count, left),) = cypher(
        "MATCH (c:Customer {id: $id}) RETURN COUNT { (c)-[:WAS_NOT_SAME_AS]-() }, "
        "COUNT { (c)-[:NOT_SAME_AS]-() }",
        id=two[0],
    )
    assert {response.status_code for response in responses} == {200}
    assert (len({response.content for response in responses}), count, left) == (1, 1, 0)


def test_dismissals_and_undos_that_race_come_to_one_of_the_two(
    two, dismiss, undo_dismissal, cypher, listed
):
    def decide(number):
        dismissal = dismiss(conflict_id(*two))
        if number % 2:
            return dismissal
        return undo_dismissal(dismissal)

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(decide, range(100)))

    assert {response.status_code for response in responses} == {200}
    rows = cypher(
        "MATCH (:Customer {id: $one})-[r:NOT_SAME_AS|WAS_NOT_SAME_AS]-(:Customer {id: $other}) "
        "RETURN type(r) AS type, r.id AS id",
        one=two[0],
        other=two[1],
    )
    standing = [row["id"] for row in rows if row["type"] == "NOT_SAME_AS"]
    assert len({row["id"] for row in rows}) == len(rows)
    assert len(standing) <= 1
    assert (listed(*two) is None) == bool(standing)


@pytest.mark.parametrize("dismissal", ["x", "dsm_nothing", "%00~%F0"])
def test_an_undo_of_no_dismissal_is_404(reviewer, dismissal):
    response = reviewer.post(f"/v1/dismissals/{dismissal}/undo")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_dismissal")


@pytest.mark.parametrize("body", [{"reason": ""}, {"reason": "x" * 1001}, {"reason": 1}])
def test_an_undo_of_a_dismissal_without_a_good_reason_is_400(reviewer, body):
    error = reviewer.post("/v1/dismissals/dsm_nothing/undo", json=body).json()["error"]

    assert (error["code"], error["details"][0]["path"]) == ("invalid_payload", "reason")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": 1}, "reason"),
        ({"reason": "x", "by": "me"}, "by"),
    ],
)
def test_a_dismissal_without_a_good_reason_is_400(two, dismiss, body, path):
    error = dismiss(conflict_id(*two), body).json()["error"]

    assert (error["code"], error["details"][0]["path"]) == ("invalid_payload", path)


def test_a_shared_identifier_does_not_match_if_there_is_another(ingest, phone, mark, unique):
    owner = ingest(phone=phone)["customerId"]
    mark(phone=phone)

    result = ingest(phone=phone, externalId=unique)

    assert (result["resolved"], result["customerId"] == owner) == ("new", False)


def test_an_unmarked_identifier_matches_again(ingest, phone, mark, unique):
    owner = ingest(phone=phone)["customerId"]
    mark(phone=phone)
    response = mark(phone=phone, shared=False).json()

    result = ingest(phone=phone, externalId=unique)

    assert response["shared"] is False
    assert (result["resolved"], result["customerId"]) == ("phone", owner)


def test_an_unmarked_identifier_is_counted_from_zero(
    ingest, people, send_conflict, phone, mark, cypher
):
    ingest(phone=phone)
    for _, email in people(5):
        send_conflict(email, phone=phone)
    seen = "MATCH (i:Identifier {kind: 'phone', value: $phone}) RETURN i.seenWith, i.shared IS NULL"
    assert list(cypher(seen, phone=phone)[0]) == [5, False]

    mark(phone=phone, shared=False)
    ((_, email),) = people(1)
    send_conflict(email, phone=phone)

    assert list(cypher(seen, phone=phone)[0]) == [1, True]


def test_a_key_that_is_marked_again_is_shared_since_the_first_time(ingest, phone, mark, cypher):
    ingest(phone=phone)
    first, second = mark(phone=phone).json(), mark(phone=phone).json()

    ((since,),) = cypher(
        "MATCH (i:Identifier {kind: 'phone', value: $phone}) RETURN toString(i.shared)", phone=phone
    )
    assert since == first["at"] != second["at"]


@pytest.mark.anyio
async def test_a_repeated_review_with_its_id_changes_nothing(ingest, phone, graph, cypher):
    ingest(phone=phone)
    service, marked = ReviewService(graph), SharedMark(True, "an office", phone=phone)
    review = ids.new_review_id()
    first = await service.mark(marked, "key_test", review)
    await service.mark(SharedMark(False, "a person", phone=phone), "key_test")

    repeated = await service.mark(marked, "key_test", review)

    assert repeated == first
    assert cypher(SHARED, value=phone) == [{"shared": False, "reviews": 2}]


def test_the_review_of_an_identifier_stays_with_its_owner(people, merge, mark, cypher):
    (one, email), (other, _) = people(2)
    merge(other, one)

    assert mark(email=email).json()["customers"] == [one]


def test_an_identifier_without_an_owner_is_404(mark, unique):
    response = mark(externalId=unique)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_customer")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ""),
        ({"email": " "}, ""),
        ({"email": "jane@acme.com", "phone": "+14155552671"}, ""),
        ({"email": "jane"}, "email"),
        ({"phone": "x", "externalId": "x"}, "phone"),
        ({"email": "jane@acme.com", "reason": " "}, "reason"),
        ({"email": "jane@acme.com", "shared": "yes"}, "shared"),
        ({"email": "jane@acme.com", "customer": "cus_x"}, "customer"),
    ],
)
def test_a_mark_that_cannot_be_made_is_400(mark, body, path):
    error = mark(**{"shared": True} | body).json()["error"]

    assert (error["code"], error["details"][0]["path"]) == ("invalid_payload", path)
