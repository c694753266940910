"""`/v1/identity/conflicts`: who may be one person, the strongest evidence first, and dismissals."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec import Struct
from neo4j import Query

from app.access import api_keys
from app.domain import pagination, timestamps
from app.graph import statements
from app.identity.conflicts import MAX_CONFLICT_IDENTIFIERS as LIMIT
from tests.support import http_client
from tests.support.plans import database_hits

pytest_plugins = ["tests.support.reviewing"]

REASON = {"reason": "a couple"}


class Place(Struct, array_like=True):
    strength: float
    id: str


@pytest.fixture
def at(cypher):
    """The cursor of the place right before a pair's conflict of a kind."""

    def of(one, other, kind="phone"):
        (row,) = cypher(
            "MATCH (:Customer {id: $one})-[d:MAY_BE_SAME_AS {kind: $kind}]-(:Customer {id: $other})"
            "RETURN d.strength AS strength, d.id AS id",
            one=one,
            other=other,
            kind=kind,
        )
        return pagination.encode(Place(row["strength"], row["id"] + "~"))

    return of


@pytest.fixture
def page(reviewer):
    def of(**query):
        return http_client.told(reviewer.get("/v1/identity/conflicts", params=query))

    return of


@pytest.fixture
def listed(page, at):
    """The conflict of two Customers as the page that begins there tells it, or None."""

    def of(one, other, kind="phone"):
        found = page(cursor=at(one, other, kind), limit=1)["conflicts"]
        return next((each for each in found if each["id"] == pair(one, other)), None)

    return of


@pytest.fixture
def dismiss(reviewer):
    return lambda conflict, body=REASON: reviewer.post(
        f"/v1/identity/conflicts/{conflict}/dismiss", json=body
    )


@pytest.fixture
def undo_dismissal(reviewer):
    """Undoes a dismissal, given the response to it."""
    return lambda dismissal, body=None: reviewer.post(
        f"/v1/dismissals/{dismissal.json()['id']}/undo", json=body
    )


@pytest.fixture
def two(people, send_conflict, phone, ingest):
    """Two Customers in conflict: the phone of the second came with the email of the first."""
    (one, email), (other, others_email) = people(2)
    ingest(email=others_email, phone=phone)
    send_conflict(email, phone=phone)
    return one, other


def test_a_conflict_is_told_with_its_customers_and_the_keys_behind_it(
    people, send_conflict, phone, ingest, listed
):
    (one, email), (other, others_email) = people(2)
    ingest(email=others_email, phone=phone)
    last = send_conflict(email, 3, phone=phone)

    conflict = listed(one, other)

    evidence = conflict["evidence"]
    (key,) = evidence["keys"]
    moments = [key.pop("firstSeen"), key.pop("lastSeen")]
    assert key == {
        "identifier": f"phone:{phone}",
        "owner": other,
        "seenWith": one,
        "count": 3,
        "lastEvent": last,
    }
    assert (evidence["strength"], evidence["kinds"], evidence["count"]) == (2.7, ["phone"], 3)
    assert [evidence["firstSeen"], evidence["lastSeen"]] == moments
    assert moments[0] != moments[1]
    customers = {each["customerId"]: each for each in conflict["customers"]}
    assert (customers[one]["touchpoints"], customers[one]["identifiers"]) == (4, 1)
    assert (customers[other]["touchpoints"], customers[other]["identifiers"]) == (2, 2)
    assert customers[one]["createdAt"].endswith("Z")


def test_the_strongest_comes_first_over_all_pages(
    people, send_conflict, phone, page, cypher, unique
):
    (rival, rivals_email), *others = people(6)
    send_conflict(rivals_email, phone=phone)
    for _, email in others:
        send_conflict(email, phone=phone)
    base = 10**9 + int(unique[:8], 16)
    ours = [pair(rival, each) for each, _ in others]
    strengths = [base + 2, base + 1, base + 1, base + 1, base]
    for conflict, strength in zip(ours, strengths, strict=True):
        cypher(
            "MATCH ()-[d:MAY_BE_SAME_AS {id: $id}]->() SET d.strength = toFloat($strength)",
            id=f"{conflict}~phone",
            strength=strength,
        )

    found, after = [], pagination.encode(Place(base + 2.0, "z"))
    for _ in ours:
        answer = page(limit=1, cursor=after)
        found += [each["id"] for each in answer["conflicts"]]
        after = answer["nextCursor"]

    assert found == [ours[0], *sorted(ours[1:4], reverse=True), ours[4]]


def test_the_next_page_goes_on_after_the_last_conflict(two, at, page):
    first = page(cursor=at(*two), limit=1)

    assert pair(*two) in [each["id"] for each in first["conflicts"]]
    if "nextCursor" in first:
        second = page(cursor=first["nextCursor"], limit=100)
        assert pair(*two) not in [each["id"] for each in second["conflicts"]]


def test_a_pair_is_listed_once_with_all_its_kinds(
    people, ingest, send_conflict, phone, unique, listed
):
    (one, email), (other, others_email) = people(2)
    ingest(email=others_email, phone=phone, externalId=unique)
    send_conflict(email, phone=phone)
    send_conflict(email, 4, externalId=unique)

    evidence = listed(one, other, "externalId")["evidence"]

    assert (evidence["kinds"], evidence["strength"]) == (["externalId", "phone"], 3.2)
    assert evidence["count"] == 5
    assert [key["identifier"] for key in evidence["keys"]] == [
        f"externalId:{unique}",
        f"phone:{phone}",
    ]
    assert listed(one, other, "phone") is None


def test_keys_of_both_speak_for_the_pair(people, ingest, send_conflict, phone, unique, listed):
    (one, email), (other, others_email) = people(2)
    ingest(email=email, externalId=unique)
    ingest(email=others_email, phone=phone)
    send_conflict(email, 2, phone=phone)
    send_conflict(others_email, externalId=unique)

    found = [(key["owner"], key["seenWith"]) for key in listed(one, other)["evidence"]["keys"]]

    assert found == [(other, one), (one, other)]


def test_of_many_keys_those_that_came_most_often_are_told(
    people, ingest, send_conflict, unique, listed
):
    (one, email), (other, others_email) = people(2)
    for number in range(LIMIT + 2):
        ingest(email=others_email, externalId=f"{unique}-{number}")
        send_conflict(
            email,
            2 if number == LIMIT + 1 else 1,
            externalId=f"{unique}-{number}",
        )

    evidence = listed(one, other, "externalId")["evidence"]

    assert (len(evidence["keys"]), evidence["count"]) == (
        LIMIT,
        LIMIT + 3,
    )
    assert evidence["keys"][0]["identifier"] == f"externalId:{unique}-{LIMIT + 1}"


def test_a_conflict_has_one_id_whoever_was_decided_on_last(
    people, ingest, send_conflict, phone, cypher
):
    (one, email), (other, others_email) = people(2)
    ingest(email=others_email, phone=phone)
    send_conflict(email, phone=phone)
    ingest(customer=other, email=email)

    rows = cypher(
        "MATCH (:Customer {id: $one})-[d:MAY_BE_SAME_AS]-(:Customer {id: $other})"
        "RETURN d.id AS id ORDER BY id",
        one=one,
        other=other,
    )

    assert [row["id"] for row in rows] == [
        f"{pair(one, other)}~email",
        f"{pair(one, other)}~phone",
    ]


def test_those_who_were_merged_are_in_no_conflict(two, merge, listed):
    merge(*two)

    assert listed(*two) is None


def test_those_who_came_to_one_survivor_are_in_no_conflict(two, people, merge, listed):
    ((third, _),) = people(1)
    merge(third, two[0])
    merge(third, two[1])

    assert listed(*two) is None


def test_an_undone_merge_brings_the_conflict_back(two, merge, undo, listed):
    undo(merge(*two))

    assert listed(*two)


def test_a_conflict_tells_who_the_two_are_by_now(two, people, merge, listed):
    ((survivor, _),) = people(1)
    merge(survivor, two[0])

    conflict = listed(*two)

    customers = {each["customerId"]: each for each in conflict["customers"]}
    assert customers.keys() == {survivor, two[1]}
    assert (customers[survivor]["touchpoints"], customers[survivor]["identifiers"]) == (3, 2)
    assert [(key["owner"], key["seenWith"]) for key in conflict["evidence"]["keys"]] == [
        (two[1], survivor)
    ]


def test_the_conflicts_of_merged_customers_are_one_conflict(
    two, people, ingest, send_conflict, merge, listed, unique
):
    one, other = two
    ((third, thirds_email),) = people(1)
    ingest(customer=other, externalId=unique)
    send_conflict(thirds_email, 5, externalId=unique)
    merge(one, third)

    evidence = listed(third, other, "externalId")["evidence"]

    assert (evidence["kinds"], evidence["count"]) == (["externalId", "phone"], 6)
    assert listed(one, other) is None


def test_a_dismissal_tells_when_by_whom_and_why(two, dismiss, reviewer, cypher):
    response = dismiss(pair(*two))

    answer = response.json()
    digest = api_keys.digest(reviewer.headers["X-API-Key"])
    ((by,),) = cypher("MATCH (key:ApiKey {hash: $hash}) RETURN key.id", hash=digest)
    assert response.status_code == 200
    assert answer.pop("id").startswith("dsm_")
    assert answer.pop("at")
    assert answer == {
        "kind": "dismissal",
        "by": by,
        "reason": "a couple",
        "customers": sorted(two),
    }


def test_a_dismissed_conflict_is_not_listed(two, dismiss, listed):
    dismiss(pair(*two))

    assert listed(*two) is None


def test_a_dismissed_conflict_stays_so_when_its_keys_come_again(
    people, ingest, send_conflict, phone, dismiss, listed
):
    (one, email), (other, others_email) = people(2)
    ingest(email=others_email, phone=phone)
    send_conflict(email, phone=phone)
    dismiss(pair(one, other))

    send_conflict(email, 3, phone=phone)

    assert listed(one, other) is None


def test_a_dismissal_holds_for_those_whom_the_two_are_merged_with(
    two, people, ingest, send_conflict, merge, dismiss, listed, unique
):
    one, other = two
    (third, thirds_email), (fourth, _) = people(2)
    ingest(customer=other, externalId=unique)
    send_conflict(thirds_email, 5, externalId=unique)
    dismiss(pair(one, other))
    assert listed(third, other, "externalId")

    merge(third, one)
    merge(fourth, third)

    assert listed(third, other, "externalId") is None


def test_a_dismissal_again_is_answered_as_the_first(two, dismiss):
    first = dismiss(pair(*two))
    again = dismiss(pair(*two), {"reason": "siblings"})

    assert again.content == first.content
    assert again.status_code == 200


def test_many_dismissals_at_once_are_one(two, dismiss, cypher):
    with ThreadPoolExecutor(8) as pool:
        answers = {response.content for response in pool.map(dismiss, [pair(*two)] * 16)}

    ((count,),) = cypher(
        "MATCH (:Customer {id: $id})-[d:NOT_SAME_AS]-() RETURN count(d)", id=two[0]
    )
    assert (len(answers), count) == (1, 1)


@pytest.mark.parametrize("conflict", ["x", "~", "cus_a~cus_b", "cus_a~cus_b~phone", "%00~%F0"])
def test_a_dismissal_of_no_conflict_is_404(dismiss, conflict):
    response = dismiss(conflict)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_conflict")


def test_those_whose_keys_never_disagreed_cannot_be_dismissed(people, dismiss):
    (one, _), (other, _) = people(2)

    assert dismiss(pair(one, other)).status_code == 404


def test_those_who_are_one_by_now_cannot_be_dismissed(two, merge, dismiss):
    merge(*two)

    assert dismiss(pair(*two)).status_code == 404


def test_a_dismissal_that_is_undone_is_a_conflict_again(two, dismiss, undo_dismissal, listed):
    conflict = listed(*two)
    dismiss(pair(*two))

    undo_dismissal(dismiss(pair(*two)))

    assert listed(*two) == conflict


def test_the_undo_of_a_dismissal_tells_when_by_whom_and_why(
    two, dismiss, address, make_key, cypher
):
    dismissal = dismiss(pair(*two)).json()
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


def test_an_undo_of_a_dismissal_again_is_answered_as_the_first(two, dismiss, undo_dismissal):
    dismissal = dismiss(pair(*two))

    first, again = (
        undo_dismissal(dismissal, {"reason": "one person"}),
        undo_dismissal(dismissal, {"reason": "twice"}),
    )

    assert (again.status_code, again.content) == (200, first.content)
    assert "reason" not in undo_dismissal(dismiss(pair(*two))).json()


def test_who_was_dismissed_and_undone_can_be_dismissed_again(two, dismiss, undo_dismissal, listed):
    first = dismiss(pair(*two))
    undone = undo_dismissal(first)

    second = dismiss(pair(*two))

    assert second.json()["id"] != first.json()["id"]
    assert listed(*two) is None
    assert undo_dismissal(first).content == undone.content
    assert listed(*two) is None
    undo_dismissal(second)
    assert listed(*two)


def test_many_undos_of_a_dismissal_at_once_are_one(two, dismiss, undo_dismissal, cypher):
    dismissal = dismiss(pair(*two))
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
        dismissal = dismiss(pair(*two))
        if number % 2:
            return dismissal
        return undo_dismissal(dismissal)

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(decide, range(32)))

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
        ({}, ""),
        ({"reason": ""}, "reason"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": 1}, "reason"),
        ({"reason": "x", "by": "me"}, "by"),
    ],
)
def test_a_dismissal_without_a_good_reason_is_400(two, dismiss, body, path):
    error = dismiss(pair(*two), body).json()["error"]

    assert (error["code"], error["details"][0]["path"]) == ("invalid_payload", path)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "WyJ4IiwieCJd"}, "cursor"),
        ({"customer": "cus_x"}, "customer"),
    ],
)
def test_a_page_that_cannot_be_asked_for_is_400(reviewer, query, path):
    response = reviewer.get("/v1/identity/conflicts", params=query)

    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["path"] == path


@pytest.fixture
def profile(driver, database):
    """Runs the statement of a page, and gives how many conflicts it returned for what cost."""
    statement = statements.load("read")["conflicts"]

    def run(**parameters):
        query = Query(f"CYPHER replan=force PROFILE {statement.text}")  # pyright: ignore[reportArgumentType]
        with driver.session(database=database.name) as session:
            result = session.run(query, parameters)
            (row,) = result.data()
            return len(row["conflicts"]), database_hits(result.consume().profile)

    return run


@pytest.fixture
def crowd(cypher, unique, address):
    """One Customer in conflict with so many others, `strength` an expression of the `n`-th."""

    def make(count, strength):
        cypher(
            f"""
            CREATE (hub:Customer {{id: $hub, createdAt: datetime()}})
            WITH hub
            UNWIND range(1, $count) AS n
            CREATE (:Identifier {{kind: 'phone', value: $hub + n}})-[:IDENTIFIES]->
              (other:Customer {{id: $hub + '/' + right('0000' + n, 5), createdAt: datetime()}})
            CREATE (hub)-[:MAY_BE_SAME_AS {{
              kind: 'phone', firstSeen: datetime(), lastSeen: datetime(), count: 1,
              strength: toFloat({strength}), id: hub.id + '~' + other.id + '~phone'
            }}]->(other)
            """,
            hub=f"cus_{unique}",
            count=count,
        )
        return f"cus_{unique}"

    yield make
    cypher(
        "MATCH (c:Customer) WHERE c.id STARTS WITH $hub "
        "OPTIONAL MATCH (c)<-[:IDENTIFIES]-(i) DETACH DELETE c, i",
        hub=f"cus_{unique}",
    )


@pytest.mark.parametrize("count", [20, 1_000])
@pytest.mark.parametrize("strength", ["-1e9 - n", "-2e9"], ids=["all different", "all the same"])
@pytest.mark.parametrize("skipped", [0, 3], ids=["the first page", "a later page"])
def test_a_page_costs_the_same_for_few_and_for_many(profile, crowd, count, strength, skipped):
    hub = crowd(count, strength)
    first = count if strength == "-2e9" else 1
    last = first - skipped if strength == "-2e9" else first + skipped
    id_ = f"{hub}~{hub}/{last:05}~phone{'' if skipped else '~'}"
    place = {"strength": -2e9 if strength == "-2e9" else -1e9 - last, "id": id_}

    found, cost = profile(before=place, scan=20, limit=5, keys=LIMIT)

    assert found == 6
    assert cost < 2_000


def pair(one, other):
    """The id of the conflict of two Customers."""
    return "~".join(sorted([one, other]))
