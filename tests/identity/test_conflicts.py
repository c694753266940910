"""`/v1/identity/conflicts`: who may be one person, the strongest evidence first."""

import pytest
from neo4j import Query

from app.domain import pagination
from app.graph import statements
from app.identity.conflicts import MAX_CONFLICT_IDENTIFIERS as LIMIT
from tests.support.identity_conflicts import Position, conflict_id
from tests.support.plans import database_hits

pytest_plugins = ["tests.support.reviewing"]


def test_a_conflict_has_its_customers_and_its_identifiers(
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
    customers = {customer["customerId"]: customer for customer in conflict["customers"]}
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
    ours = [conflict_id(rival, customer) for customer, _ in others]
    strengths = [base + 2, base + 1, base + 1, base + 1, base]
    for conflict, strength in zip(ours, strengths, strict=True):
        cypher(
            "MATCH ()-[d:MAY_BE_SAME_AS {id: $id}]->() SET d.strength = toFloat($strength)",
            id=f"{conflict}~phone",
            strength=strength,
        )

    ids, after = [], pagination.encode(Position(base + 2.0, "z"))
    for _ in ours:
        response = page(limit=1, cursor=after)
        ids += [conflict["id"] for conflict in response["conflicts"]]
        after = response["nextCursor"]

    assert ids == [ours[0], *sorted(ours[1:4], reverse=True), ours[4]]


def test_the_next_page_continues_after_the_last_conflict(two, at, page):
    first = page(cursor=at(*two), limit=1)

    assert conflict_id(*two) in [conflict["id"] for conflict in first["conflicts"]]
    if "nextCursor" in first:
        second = page(cursor=first["nextCursor"], limit=100)
        assert conflict_id(*two) not in [conflict["id"] for conflict in second["conflicts"]]


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

    pairs = [(key["owner"], key["seenWith"]) for key in listed(one, other)["evidence"]["keys"]]

    assert pairs == [(other, one), (one, other)]


def test_of_many_identifiers_the_most_frequent_are_returned(
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


def test_a_conflict_has_one_id_in_any_order_of_matches(
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
        f"{conflict_id(one, other)}~email",
        f"{conflict_id(one, other)}~phone",
    ]


def test_merged_customers_have_no_conflict(two, merge, listed):
    merge(*two)

    assert listed(*two) is None


def test_customers_with_one_surviving_customer_have_no_conflict(two, people, merge, listed):
    ((third, _),) = people(1)
    merge(third, two[0])
    merge(third, two[1])

    assert listed(*two) is None


def test_an_undone_merge_brings_the_conflict_back(two, merge, undo, listed):
    undo(merge(*two))

    assert listed(*two)


def test_a_conflict_names_the_surviving_customers(two, people, merge, listed):
    ((survivor, _),) = people(1)
    merge(survivor, two[0])

    conflict = listed(*two)

    customers = {customer["customerId"]: customer for customer in conflict["customers"]}
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
    position = {"strength": -2e9 if strength == "-2e9" else -1e9 - last, "id": id_}

    conflict_count, cost = profile(before=position, scan=20, limit=5, keys=LIMIT)

    assert conflict_count == 6
    assert cost < 2_000
