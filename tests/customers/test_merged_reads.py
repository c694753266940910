"""Context and timeline of Customers who were merged, now and as it was."""

import msgspec
import pytest
from neo4j import Query

from app.customers.context import Context, MergedCustomer, fit
from app.customers.context_query import MIN_RESPONSE_BYTES
from app.domain import timestamps
from app.graph import statements
from tests.support import http_client
from tests.support.plans import database_hits

pytest_plugins = ["tests.support.reviewing"]

NAMES = ("jane", "joan", "jean", "june")


@pytest.fixture
def body_of(reviewer):
    """The body of a response, whose status must be 200."""

    def of(method, path, **arguments):
        return http_client.ok_json(reviewer.request(method, path, **arguments))

    return of


@pytest.fixture
def context(body_of):
    return lambda **query: body_of("POST", "/v1/context", json=query)


@pytest.fixture
def page(body_of):
    return lambda customer, /, **query: body_of(
        "GET", f"/v1/customers/{customer}/timeline", params=query
    )


@pytest.fixture
def send(ingest, email):
    """Sends an event of a person, named after them and the day of April; returns the Customer."""

    def of(name, day=1, **more):
        event = {"event": f"{name}{day}", "timestamp": f"2026-04-{day:02}T00:00:00Z"}
        return ingest(**event | {"email": email(name)} | more)["customerId"]

    return of


@pytest.fixture
def pair(send, merge):
    """Jane with events of days 1 and 3, Joan with 2 and 4, and the merge of Joan into Jane."""
    jane, joan = send("jane", 1), send("joan", 2)
    send("jane", 3)
    send("joan", 4)
    return jane, joan, merge(jane, joan)


@pytest.fixture
def split(cypher, unique):
    """Splits an Identifier and its Touchpoints off a Customer, and gives the part and when."""

    def run(whole, key):
        moment, at = timestamps.now()
        part = f"cus_part-{unique}"
        cypher(
            """
            MATCH (whole:Customer {id: $whole})
            MATCH (identifier:Identifier {value: $key})-[old:IDENTIFIES]->(whole)
            CREATE (part:Customer {id: $part, createdAt: datetime.fromepoch($s, $ns)})
            CREATE (part)-[:SPLIT_FROM {
              id: 'spl_' + $part, at: part.createdAt, by: 'key_x', reason: 'two people'
            }]->(whole)
            CREATE (identifier)-[:IDENTIFIES {since: old.since}]->(part)
            DELETE old
            WITH whole, part, identifier
            MATCH (whole)-[has:HAS_TOUCHPOINT]->(touchpoint:Touchpoint)
            WHERE touchpoint.identifiers = [identifier.kind + ':' + $key]
            CREATE (part)-[:HAS_TOUCHPOINT]->(touchpoint)
            SET touchpoint.customerId = part.id
            DELETE has
            """,
            whole=whole,
            key=key,
            part=part,
            s=at[0],
            ns=at[1],
        )
        return part, moment

    return run


def now():
    return timestamps.now()[0]


@pytest.mark.parametrize("index", [0, 1], ids=["the survivor", "the merged one"])
def test_the_timeline_spans_both_in_the_order_of_time(pair, page, index):
    response = page(pair[index])

    assert response["customerId"] == pair[0]
    assert [touchpoint["event"] for touchpoint in response["touchpoints"]] == [
        "joan4",
        "jane3",
        "joan2",
        "jane1",
    ]


def test_the_timeline_of_a_chain_is_of_all_its_customers(send, merge, page):
    one, two, three = (send(name, day) for day, name in enumerate(NAMES[:3], 1))
    merge(two, one)
    merge(three, two)

    responses = [page(customer) for customer in (one, two, three)]

    assert {response["customerId"] for response in responses} == {three}
    assert [touchpoint["event"] for touchpoint in responses[0]["touchpoints"]] == [
        "jean3",
        "joan2",
        "jane1",
    ]
    assert responses[0] == responses[1] == responses[2]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_the_cursor_continues_through_both(pair, event_names, limit):
    assert event_names(pair[0], limit=limit) == ["joan4", "jane3", "joan2", "jane1"]


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_events_of_the_same_time_are_in_the_order_of_their_ids_for_all_customers(
    ingest, merge, page, email, limit
):
    moment = "2026-04-01T00:00:00Z"
    names = ["jane", "joan", "jean"] * 3
    sent = ingest([{"event": "x", "email": email(name), "timestamp": moment} for name in names])
    jane, joan, jean = (result["customerId"] for result in sent["results"][:3])
    merge(jane, joan)
    merge(jane, jean)

    response = page(jane, limit=limit)
    ids = [touchpoint["eventId"] for touchpoint in response["touchpoints"]]
    while cursor := response.get("nextCursor"):
        response = page(jane, limit=limit, cursor=cursor)
        ids += [touchpoint["eventId"] for touchpoint in response["touchpoints"]]

    assert ids == sorted((result["eventId"] for result in sent["results"]), reverse=True)


def test_a_cursor_from_before_a_merge_continues_after_it(send, merge, page):
    jane, joan = send("jane", 1), send("joan", 2)
    send("jane", 3)
    cursor = page(jane, limit=1)["nextCursor"]
    merge(joan, jane)

    rest = page(jane, cursor=cursor)["touchpoints"]

    assert [touchpoint["event"] for touchpoint in rest] == ["joan2", "jane1"]


def test_the_filters_apply_to_both(pair, event_names):
    days = {"from": "2026-04-02T00:00:00Z", "to": "2026-04-04T00:00:00Z"}

    assert event_names(pair[0], **days) == ["jane3", "joan2"]
    assert event_names(pair[0], event="joan2") == ["joan2"]


def test_the_timeline_of_twenty_customers_is_whole(send, merge, event_names):
    customers = [send(f"p{n}-", 1 + n) for n in range(20)]
    for customer in customers[1:]:
        merge(customers[0], customer)

    assert event_names(customers[7], limit=3) == [f"p{n}-{1 + n}" for n in reversed(range(20))]


def test_an_undone_merge_leaves_each_its_own_and_its_later_events(send, pair, undo, page):
    jane, joan, merged = pair
    send("joan", 5)
    both = page(jane)
    undo(merged)

    assert both["touchpoints"][0]["event"] == "joan5"
    for customer, names in ((jane, ["jane3", "jane1"]), (joan, ["joan5", "joan4", "joan2"])):
        response = page(customer)
        assert response["customerId"] == customer
        assert [touchpoint["event"] for touchpoint in response["touchpoints"]] == names


@pytest.fixture
def history(send, merge, undo):
    """Jane and Joan, and the times before their merge, during it, and after its undo."""
    jane, joan = send("jane", 1), send("joan", 2)
    before = now()
    merged = merge(jane, joan)
    send("joan", 3)
    while_merged = now()
    after = undo(merged)["undoneAt"]
    return jane, joan, {"before": before, "during": while_merged, "after": after}


@pytest.mark.parametrize(
    ("moment", "owner", "names"),
    [
        ("before", "joan", ["joan2"]),
        ("during", "jane", ["joan3", "joan2", "jane1"]),
        ("after", "joan", ["joan3", "joan2"]),
    ],
)
def test_the_timeline_as_of_a_time_is_of_the_customer_of_that_time(
    history, page, moment, owner, names
):
    jane, joan, moments = history

    response = page(joan, asOf=moments[moment])

    assert response["customerId"] == {"jane": jane, "joan": joan}[owner]
    assert [touchpoint["event"] for touchpoint in response["touchpoints"]] == names


@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_the_context_as_of_a_time_is_of_the_customer_of_that_time(history, context, email, moment):
    jane, joan, moments = history

    response = context(email=email("joan"), asOf=moments[moment])

    names, owner, merged = (
        (["jane", "joan"], jane, [joan]) if moment == "during" else (["joan"], joan, [])
    )
    assert response["customerId"] == owner
    assert {identifier["value"] for identifier in response["identifiers"]} == set(map(email, names))
    assert [customer["customerId"] for customer in response.get("merged", [])] == merged


def test_a_merge_holds_at_its_own_time(send, merge, page):
    jane, joan = send("jane"), send("joan")

    at = merge(jane, joan)["at"]

    assert page(joan, asOf=at)["customerId"] == jane


def test_a_merge_that_followed_an_undone_one_is_not_mixed_up_with_it(send, merge, undo, page):
    jane, joan, jean = send("jane"), send("joan"), send("jean")
    first = merge(jane, joan)
    gap = undo(first)["undoneAt"]
    second = merge(jean, joan)

    owners = [page(joan, asOf=at)["customerId"] for at in (first["at"], gap, second["at"])]

    assert owners == [jane, joan, jean]


def test_as_of_the_middle_of_a_chain_its_end_is_another(send, merge, context):
    one, two, three = send("jane"), send("joan"), send("jean")
    middle = merge(two, one)["at"]
    merge(three, two)

    response = context(customer=one, asOf=middle)

    assert (response["customerId"], len(response["identifiers"])) == (two, 2)
    assert response["events"] == [{"event": "jane1", "count": 1}, {"event": "joan1", "count": 1}]


def test_a_merge_undone_in_the_middle_of_a_chain_is_whole_as_of_before(
    send, merge, undo, context, email
):
    one, two, three = send("jane"), send("joan"), send("jean")
    first = merge(two, one)
    whole = merge(three, two)["at"]
    undo(first)

    then, today = context(customer=one, asOf=whole), context(customer=one)

    assert (then["customerId"], len(then["identifiers"])) == (three, 3)
    assert (today["customerId"], len(today["identifiers"])) == (one, 1)
    assert len(context(customer=three)["identifiers"]) == 2


def test_an_identifier_of_later_is_nobodys_as_of_before(reviewer, pair, send, email):
    *_, merged = pair
    send("joan", 5, externalId=email("new"))

    query = {"externalId": email("new"), "asOf": merged["at"]}

    assert reviewer.post("/v1/context", json=query).status_code == 404


def test_before_a_split_the_part_was_the_whole(send, split, context, page, email):
    whole = send("jane", 1)
    send("joan", 2, customer=whole)
    send("joan", 3)
    before = now()
    part, at = split(whole, email("joan"))

    then = context(email=email("joan"), asOf=before)
    timeline = page(part, asOf=before)

    assert (then["customerId"], len(then["identifiers"])) == (whole, 2)
    assert "merged" not in then
    assert timeline["customerId"] == whole
    assert [touchpoint["event"] for touchpoint in timeline["touchpoints"]] == [
        "joan3",
        "joan2",
        "jane1",
    ]
    for moment in ({"asOf": at}, {}):
        assert context(email=email("joan"), **moment)["customerId"] == part
        touchpoints = page(part, **moment)["touchpoints"]
        assert [touchpoint["event"] for touchpoint in touchpoints] == ["joan3", "joan2"]
        assert [touchpoint["event"] for touchpoint in page(whole, **moment)["touchpoints"]] == [
            "jane1"
        ]


def test_a_split_that_was_merged_back_is_whole_again(send, split, merge, context, email):
    whole = send("jane", 1)
    send("joan", 2, customer=whole)
    part, at = split(whole, email("joan"))
    merged = merge(whole, part, "undo of a split")

    response = context(email=email("joan"))

    assert (response["customerId"], len(response["identifiers"])) == (whole, 2)
    assert [customer["mergeId"] for customer in response["merged"]] == [merged["mergeId"]]
    assert context(email=email("joan"), asOf=at)["customerId"] == part


@pytest.mark.parametrize("name", ["jane", "joan"])
def test_any_identifier_finds_the_surviving_customer(pair, context, email, name):
    response = context(email=email(name))

    assert (response["customerId"], response["matchedBy"]) == (pair[0], "email")


def test_an_old_id_returns_the_id_of_the_surviving_customer(pair, context):
    response = context(customer=pair[1])

    assert (response["customerId"], response["matchedBy"]) == (pair[0], "customer")


def test_the_context_counts_the_events_of_both(pair, context):
    response = context(customer=pair[0], limit=3)

    assert {event["event"] for event in response["events"]} == {"jane1", "joan2", "jane3", "joan4"}
    assert (response["firstSeen"], response["lastSeen"]) == (
        "2026-04-01T00:00:00Z",
        "2026-04-04T00:00:00Z",
    )
    assert [touchpoint["event"] for touchpoint in response["touchpoints"]] == [
        "joan4",
        "jane3",
        "joan2",
    ]


def test_events_of_one_name_are_counted_together(send, merge, context):
    jane, joan = send("jane", event="x"), send("joan", event="x")
    merge(jane, joan)

    assert context(customer=jane)["events"] == [{"event": "x", "count": 2}]


def test_the_identifiers_of_both_are_returned_with_their_times(send, merge, context):
    jane, joan = send("jane"), send("joan")
    apart = [*context(customer=jane)["identifiers"], *context(customer=joan)["identifiers"]]
    merge(jane, joan)

    assert context(customer=jane)["identifiers"] == apart


def test_the_merges_are_returned_latest_first(send, merge, context):
    one, two, three = send("jane"), send("joan"), send("jean")
    first, last = merge(two, one, "a"), merge(three, two, "b")

    customers = context(customer=three)["merged"]

    assert [timestamps.parse(customer.pop("at")) for customer in customers] == [
        timestamps.parse(merged["at"]) for merged in (last, first)
    ]
    assert customers == [
        {"customerId": two, "mergeId": last["mergeId"], "reason": "b"},
        {"customerId": one, "mergeId": first["mergeId"], "reason": "a"},
    ]


def test_a_customer_without_merges_has_none(send, context):
    assert "merged" not in context(customer=send("jane"))


def test_an_identifier_left_at_a_merged_customer_belongs_to_the_surviving_one(
    pair, cypher, context, email
):
    jane, joan, _ = pair
    cypher(
        """
        MATCH (joan:Customer {id: $joan})
        CREATE (:Identifier {kind: 'externalId', value: $value, weight: 0.8})
          -[:IDENTIFIES {since: datetime()}]->(joan)
        """,
        joan=joan,
        value=email("stray"),
    )

    response = context(externalId=email("stray"))

    assert response["customerId"] == jane
    assert email("stray") in {identifier["value"] for identifier in response["identifiers"]}


def test_an_identifier_left_behind_by_an_undo_belongs_to_its_owner(
    pair, undo, cypher, context, email
):
    jane, joan, merged = pair
    undo(merged)
    cypher(
        """
        MATCH (jane:Customer {id: $jane})
        CREATE (:Identifier {kind: 'externalId', value: $value, weight: 0.8})
          -[:IDENTIFIES {since: datetime(), home: $joan}]->(jane)
        """,
        jane=jane,
        joan=joan,
        value=email("left"),
    )

    response = context(externalId=email("left"))

    assert response["customerId"] == joan
    assert email("left") in {identifier["value"] for identifier in response["identifiers"]}
    assert email("left") not in {
        identifier["value"] for identifier in context(customer=jane)["identifiers"]
    }


@pytest.fixture
def conflict(cypher):
    """Records that two Customers may be the same person."""

    def make(one, other, count, day):
        cypher(
            """
            MATCH (one:Customer {id: $one}), (other:Customer {id: $other})
            CREATE (one)-[:MAY_BE_SAME_AS {
              kind: 'phone',
              count: $count,
              firstSeen: datetime({year: 2026, month: 1, day: $day}),
              lastSeen: datetime({year: 2026, month: 2, day: $day})
            }]->(other)
            """,
            one=one,
            other=other,
            count=count,
            day=day,
        )

    return make


def test_a_merged_customer_is_no_other_person(send, conflict, merge, context):
    jane, joan = send("jane"), send("joan")
    conflict(jane, joan, 1, 1)
    merge(jane, joan)

    assert context(customer=jane)["possibleSamePeople"] == []


def test_conflicts_with_the_same_surviving_customer_are_one(send, conflict, merge, context):
    jane, joan, jean, june = (send(name) for name in NAMES)
    conflict(jane, jean, 2, 5)
    conflict(june, joan, 3, 4)
    merge(jane, joan)
    merge(jean, june)

    assert context(customer=jane)["possibleSamePeople"] == [
        {
            "customerId": jean,
            "kind": "phone",
            "firstSeen": "2026-01-04T00:00:00Z",
            "lastSeen": "2026-02-05T00:00:00Z",
            "count": 5,
        }
    ]


def test_as_of_before_a_merge_the_other_person_is_another(send, conflict, merge, context):
    jane, joan, jean = send("jane"), send("joan"), send("jean")
    conflict(jane, joan, 1, 1)
    before = now()
    merge(jean, joan)

    people = [
        context(customer=jane, **moment)["possibleSamePeople"][0]["customerId"]
        for moment in ({"asOf": before}, {})
    ]

    assert people == [joan, jean]


def test_a_dismissed_customer_and_those_merged_with_it_are_left_out(
    send, conflict, merge, cypher, context
):
    jane, joan, jean, june = (send(name) for name in NAMES)
    conflict(jane, joan, 1, 1)
    conflict(jane, jean, 1, 1)
    before = now()
    cypher(
        """
        MATCH (jane:Customer {id: $jane}), (june:Customer {id: $june})
        CREATE (jane)-[:NOT_SAME_AS {id: 'dsm_' + $jane, at: datetime(), by: 'key_x'}]->(june)
        """,
        jane=jane,
        june=june,
    )
    merge(joan, june)

    def people(**moment):
        others = context(customer=jane, **moment)["possibleSamePeople"]
        return {other["customerId"] for other in others}

    assert people() == {jean}
    assert people(asOf=before) == {joan, jean}


def test_a_dismissal_counts_from_when_it_was_made_until_it_was_undone(
    send, conflict, cypher, context
):
    jane, joan = send(NAMES[0]), send(NAMES[1])
    conflict(jane, joan, 1, 1)
    second, _ = timestamps.now()[1]
    before, at, between, undone_at = ((second + n, 0) for n in range(1, 5))
    cypher(
        """
        MATCH (jane:Customer {id: $jane}), (joan:Customer {id: $joan})
        CREATE (jane)-[:WAS_NOT_SAME_AS {
          id: 'dsm_' + $jane,
          at: datetime.fromepoch($at[0], $at[1]), by: 'key_x', reason: 'a couple',
          undoneAt: datetime.fromepoch($undone_at[0], $undone_at[1]), undoneBy: 'key_x'
        }]->(joan)
        """,
        jane=jane,
        joan=joan,
        at=at,
        undone_at=undone_at,
    )

    counts = [
        len(context(customer=jane, **moment)["possibleSamePeople"])
        for moment in (
            {"asOf": timestamps.text(before)},
            {"asOf": timestamps.text(between)},
            {},
        )
    ]

    assert counts == [1, 0, 1]


def test_merges_are_left_out_and_counted_where_there_is_no_room():
    moment = "2026-04-29T10:14:32.123456Z"
    merged = [MergedCustomer(f"cus_{n}", f"mrg_{n}", moment, "x" * 1000) for n in range(5)]
    context = Context("cus_x", "email", 1.0, moment, None, None, [], [], [], [], merged)

    fitted = fit(context, MIN_RESPONSE_BYTES)

    assert len(msgspec.json.encode(fitted)) <= MIN_RESPONSE_BYTES
    assert [customer.customer_id for customer in fitted.merged] == ["cus_0"]
    assert fitted.omitted
    assert fitted.omitted.merged == 4


@pytest.fixture
def profile(driver, database):
    """Runs a statement, and gives its row and its cost."""

    def run(name, **parameters):
        statement = statements.load("read")[name]
        query = Query(f"CYPHER replan=force PROFILE {statement.text}")  # pyright: ignore[reportArgumentType]
        with driver.session(database=database.name) as session:
            result = session.run(query, dict.fromkeys(statement.parameters) | parameters)
            (row,) = result.data()
            return row, database_hits(result.consume().profile)

    return run


@pytest.mark.parametrize("count", [10, 2_000])
@pytest.mark.parametrize("skipped", [0, 3], ids=["the first page", "a later page"])
def test_a_page_costs_the_same_whether_a_merged_customer_has_few_or_many(
    pair, cypher, profile, count, skipped
):
    jane, joan, _ = pair
    cypher(
        """
        UNWIND range(1, $count) AS n
        CREATE (:Touchpoint {
          id: $customer + '/' + right('0000' + n, 5), customerId: $customer, event: 'other',
          timestamp: 'x', occurredAt: datetime.fromepoch(n, 0), receivedAt: datetime(),
          resolvedBy: 'email', identifiers: [], properties: '{}'
        })
        """,
        count=count,
        customer=joan,
    )
    last = count - skipped
    position = {"at": [last, 0], "id": f"{joan}/{last:05}"} if skipped else None

    row, cost = profile("timeline", customer=jane, before=position, scan=6, limit=5)

    assert len(row["touchpoints"]) == 6
    assert cost < 500


@pytest.mark.parametrize("name", ["timeline", "context"])
def test_merges_that_were_undone_again_and_again_cost_no_more_than_each_of_them(
    send, cypher, profile, name
):
    customers = [send(first_name) for first_name in NAMES]
    cypher(
        """
        UNWIND $customers AS one
        UNWIND $customers AS other
        UNWIND range(1, 20) AS n
        WITH one, other, n WHERE one <> other
        MATCH (merged:Customer {id: one}), (into:Customer {id: other})
        CREATE (merged)-[:WAS_MERGED_INTO {
          id: $customers[0] + one + other + n,
          at: datetime.fromepoch(n, 0),
          by: 'key_x',
          undoneAt: datetime.fromepoch(n, 1),
          undoneBy: 'key_x'
        }]->(into)
        """,
        customers=customers,
    )

    _, cost = profile(name, customer=customers[0], keys=[], scan=6, limit=5)

    assert cost < 5000
