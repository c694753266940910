"""`GET /v1/changes` and `GET /v1/customers/{customerId}/changes`: the audit log."""

import pytest
from neo4j import Query

from app.access import api_keys
from app.errors import DismissalNotFound, MergeNotFound, SplitNotFound
from app.graph import statements
from app.identity.audit import AuditReader
from tests.support import http_client
from tests.support.plans import database_hits

pytest_plugins = ["tests.support.reviewing"]

# A split of nothing, as an edge.
SPLIT = """
MATCH (whole:Customer {id: $whole})
CREATE (part:Customer {id: 'cus_' + $name, createdAt: datetime()})
CREATE (part)-[:SPLIT_FROM {
  id: 'spl_' + $name, at: datetime(), by: 'key_test', reason: 'another one'
}]->(whole)
"""


@pytest.fixture
def split(cypher, unique):
    """Splits a new Customer off another; returns the ids of the split and of the Customer."""

    def of(whole):
        cypher(SPLIT, whole=whole, name=unique)
        return f"spl_{unique}", f"cus_{unique}"

    return of


@pytest.fixture
def read(reviewer):
    return lambda **query: reviewer.get("/v1/identity/changes", params=query)


@pytest.fixture
def changes(read):
    """The audit log of a Customer, from all pages."""

    def of(customer, **query):
        response = read(customer=customer, **query).json()
        all_ = response["changes"]
        while after := response.get("nextCursor"):
            response = read(customer=customer, **query, cursor=after).json()
            all_ += response["changes"]
        return all_

    return of


@pytest.fixture
def dismiss(reviewer):
    return lambda conflict: reviewer.post(
        f"/v1/identity/conflicts/{conflict}/dismiss", json={"reason": "a couple"}
    ).json()


@pytest.fixture
def history(reviewer, people, ingest, send_conflict, phone, merge, undo, split, dismiss, mark):
    """A Customer to whom one of everything was done: it, and the changes as (kind, id)."""
    (one, email), (other, others_email), (third, _) = people(3)
    ingest(email=others_email, phone=phone)
    send_conflict(email, phone=phone)
    dismissal = dismiss(f"{one}~{other}")["id"]
    review = mark(email=email).json()["id"]
    undone = merge(one, third)
    undo(undone)
    part_of, _ = split(one)
    http_client.ok_json(reviewer.post(f"/v1/dismissals/{dismissal}/undo"))
    merged = merge(one, other)
    expected = [
        ("merge", merged["mergeId"]),
        ("undo", dismissal),
        ("split", part_of),
        ("undo", undone["mergeId"]),
        ("merge", undone["mergeId"]),
        ("review", review),
        ("dismissal", dismissal),
    ]
    return one, expected


def test_every_change_is_returned_latest_first(history, changes):
    customer, expected = history

    assert [(change["kind"], change["id"]) for change in changes(customer)] == expected


@pytest.mark.parametrize("limit", [1, 2, 6, 7])
def test_pages_of_any_length_return_the_whole_log(history, changes, limit):
    customer, expected = history

    assert [(change["kind"], change["id"]) for change in changes(customer, limit=limit)] == expected


def test_the_log_of_all_customers_has_the_changes_in_the_same_order(history, read):
    _, expected = history
    ids = {id_ for _, id_ in expected}
    trail, query = [], {"limit": 3}
    while len(trail) < len(expected):
        response = read(**query).json()
        trail += [
            (change["kind"], change["id"]) for change in response["changes"] if change["id"] in ids
        ]
        query["cursor"] = response["nextCursor"]

    assert trail == expected


def test_a_merge_and_its_undo_have_an_author_and_a_reason(
    people, merge, address, make_key, changes
):
    (one, _), (other, _) = people(2)
    made = merge(other, one)
    another = {"X-API-Key": make_key(api_keys.IDENTITY_WRITE)}
    url = f"{address}/v1/merges/{made['mergeId']}/undo"
    taken_back = http_client.post(url, json={"reason": "two people"}, headers=another).json()

    undone, merged = changes(one)

    assert undone.pop("at") != merged.pop("at")
    assert merged == {
        "id": made["mergeId"],
        "kind": "merge",
        "by": made["by"],
        "reason": "one person",
        "customers": [one, other],
        "undone": True,
    }
    del merged["undone"]
    assert undone == merged | {
        "kind": "undo",
        "by": taken_back["undoneBy"],
        "reason": "two people",
    }
    assert taken_back["undoneBy"] != made["by"]


def test_a_split_names_the_part_and_the_whole(people, split, changes):
    ((whole, _),) = people(1)
    id_, part = split(whole)

    (change,) = changes(part)

    assert (change["id"], change["customers"]) == (id_, [part, whole])


def test_a_decision_that_is_undone_is_marked_in_both_logs(history, changes, read):
    customer, expected = history
    undone = [id_ for kind, id_ in expected if kind == "undo"]

    of_customer = {(change["kind"], change["id"]): change for change in changes(customer)}
    of_all = {(item["kind"], item["id"]): item for item in read(limit=50).json()["changes"]}

    for log in (of_customer, of_all):
        marked = {key for key in expected if log[key].get("undone")}
        assert marked == {key for key in expected if key[1] in undone and key[0] != "undo"}


def test_a_split_is_marked_as_undone_while_its_part_is_merged_with_the_whole(
    people, split, merge, undo, changes
):
    ((whole, _),) = people(1)
    id_, part = split(whole)

    def mark():
        return [change.get("undone") for change in changes(part) if change["id"] == id_]

    marks = mark()
    made = merge(whole, part)
    marks += mark()
    undo(made)

    assert marks + mark() == [None, True, None]


@pytest.mark.anyio
async def test_a_decision_is_read_by_its_id(history, graph):
    _, expected = history
    reader = AuditReader(graph)
    decisions = [(kind, id_) for kind, id_ in expected if kind not in ("undo", "review")]

    entries = [await reader.entry(id_) for _, id_ in decisions]

    assert [(entry.kind, entry.id) for entry in entries] == decisions


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("entry", "error"),
    [("mrg_x", MergeNotFound), ("spl_x", SplitNotFound), ("dsm_x", DismissalNotFound)],
)
async def test_an_unknown_decision_is_not_found(graph, entry, error):
    with pytest.raises(error):
        await AuditReader(graph).entry(entry)


def test_changes_of_customers_merged_with_a_customer_are_returned(people, merge, mark, changes):
    (one, email), (other, _), (stranger, strangers_email) = people(3)
    review = mark(email=email).json()["id"]
    mark(email=strangers_email)
    id_ = merge(other, one)["mergeId"]

    for customer in (one, other):
        assert [change["id"] for change in changes(customer)] == [id_, review]
    assert review not in [change["id"] for change in changes(stranger)]


def test_a_customer_without_changes_has_an_empty_log(people, read):
    ((customer, _),) = people(1)

    assert read(customer=customer).json() == {"changes": []}


def test_the_changes_of_an_unknown_customer_are_404(read):
    response = read(customer="cus_nobody")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_customer")


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "Wzk5OTk5OTk5OTk5OTk5OSwwLCJ4Il0"}, "cursor"),
        ({"customer": "x" * 256}, "customer"),
        ({"kind": "merge"}, "kind"),
    ],
)
def test_an_invalid_query_of_the_log_is_400(read, query, path):
    response = read(**query)

    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["path"] == path


def test_a_review_names_the_owner_and_the_normalised_identifier(ingest, phone, mark, changes):
    customer = ingest(phone=phone)["customerId"]
    sent = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"

    response = mark(phone=sent).json()

    assert response["id"].startswith("rev_")
    assert (response["customers"], response["identifier"]) == ([customer], f"phone:{phone}")
    assert (response["shared"], response["reason"]) == (True, "an office")
    assert changes(customer) == [response]


@pytest.fixture
def eventful(cypher, unique, address):
    """Two Customers to whom so much was done, the `n`-th time at a second since 1970."""

    def make(count):
        cypher(
            """
            CREATE (one:Customer {id: $id + '/one'})
            CREATE (other:Customer {id: $id + '/other'})
            WITH one, other
            UNWIND range(1, $count) AS n
            WITH one, other, n, $id + n AS id
            CREATE (one)-[:MERGED_INTO {id: id, at: datetime.fromepoch(n, 0), by: $by}]->(other)
            CREATE (one)-[:SPLIT_FROM {id: id, at: datetime.fromepoch(n, 1), by: $by}]->(other)
            CREATE (one)-[:NOT_SAME_AS {id: id, at: datetime.fromepoch(n, 2), by: $by}]->(other)
            CREATE (one)-[:REVIEWED {id: id, at: datetime.fromepoch(n, 3), by: $by}]->(other)
            CREATE (one)-[:WAS_MERGED_INTO {
              id: id,
              at: datetime.fromepoch(n, 4),
              by: $by,
              undoneAt: datetime.fromepoch(n, 5),
              undoneBy: $by
            }]->(other)
            CREATE (one)-[:WAS_NOT_SAME_AS {
              id: id,
              at: datetime.fromepoch(n, 6),
              by: $by,
              undoneAt: datetime.fromepoch(n, 7),
              undoneBy: $by
            }]->(other)
            """,
            id=unique,
            by="key_test",
            count=count,
        )

    yield make
    cypher("MATCH (c:Customer) WHERE c.id STARTS WITH $id DETACH DELETE c", id=f"{unique}/")


@pytest.mark.parametrize("count", [10, 1_000])
def test_a_page_costs_the_same_for_few_and_for_many(driver, database, eventful, count):
    eventful(count)
    statement = statements.load("read")["audit_log"]
    query = Query(f"CYPHER replan=force PROFILE {statement.text}")  # pyright: ignore[reportArgumentType]

    with driver.session(database=database.name) as session:
        result = session.run(query, before={"at": [count, 0], "id": ""}, limit=5)
        row_count, cost = len(result.data()), database_hits(result.consume().profile)

    assert row_count == 6
    assert cost < 500
