"""`GET /v1/events/{id}`: why an event is with its Customer."""

import pytest

from app.customers.explanation.outcomes import MAX_REORDERING_SECONDS
from tests.support import http_client

pytest_plugins = ["tests.support.reviewing"]


@pytest.fixture
def explain(reviewer):
    """The explanation of an event, given by the result of its ingest."""

    def of(result, /, **query):
        return http_client.ok_json(reviewer.get(f"/v1/events/{result['eventId']}", params=query))

    return of


@pytest.fixture
def outcomes(explain):
    """The outcome and the Customer of each identifier of an event, by kind."""

    def of(result, /, **query):
        keys = explain(result, **query)["keys"]
        return {key["kind"]: (key["outcome"], key.get("customerId")) for key in keys}

    return of


@pytest.fixture
def split(cypher, unique):
    """Splits a key, and the events that carried it, off its Customer; gives the new Customer."""

    def run(name):
        part = f"cus_part-{unique}"
        cypher(
            """
            WITH split($name, ':') AS key
            MATCH (i:Identifier {kind: key[0], value: key[1]})-[old:IDENTIFIES]->(whole:Customer)
            CREATE (part:Customer {id: $part, createdAt: datetime()})
            CREATE (part)-[:SPLIT_FROM {
              id: 'spl_' + $part, at: datetime(), by: 'key_x', reason: 'glued'
            }]->(whole)
            CREATE (i)-[:IDENTIFIES {since: old.since}]->(part)
            DELETE old
            WITH part, whole
            MATCH (whole)-[has:HAS_TOUCHPOINT]->(t:Touchpoint)
            WHERE $name IN t.identifiers
            CREATE (part)-[:HAS_TOUCHPOINT]->(t)
            SET t.customerId = part.id
            DELETE has
            """,
            part=part,
            name=name,
        )
        return part

    return run


@pytest.fixture
def mark(cypher):
    """Marks a key as shared."""
    text = "MATCH (identifier:Identifier {value: $value}) SET identifier.shared = datetime()"
    return lambda value: cypher(text, value=value)


@pytest.fixture
def conflict(ingest, person, email, unique):
    """Jane, Joan, and an event with the email of the one and the externalId of the other."""
    jane = person("jane")
    joan = ingest(externalId=f"joan-{unique}")["customerId"]
    event = ingest(email=email("jane"), externalId=f"joan-{unique}")
    return jane, joan, event


# The event


def test_it_has_the_event_as_stored(ingest, explain, email):
    sent = {"timestamp": "2026-04-29T10:14:32.10+02:00", "properties": {"n": "1"}}
    event = ingest(email=email("jane"), **sent)

    explanation = explain(event)

    assert {
        name: explanation[name] for name in ("eventId", "event", "timestamp", "properties")
    } == {
        "eventId": event["eventId"],
        "event": "page_viewed",
        **sent,
    }
    assert explanation["occurredAt"] == "2026-04-29T08:14:32.1Z"
    assert explanation["identifiers"] == [f"email:{email('jane')}"]
    assert (explanation["customerId"], explanation["survivorId"]) == (event["customerId"],) * 2


def test_an_identifier_is_returned_as_sent_and_as_normalised(ingest, explain, email):
    event = ingest(email=email("JANE"), phone="(415) 555-2671")

    keys = {key["kind"]: key for key in explain(event)["keys"]}

    assert (keys["email"]["value"], keys["email"]["sent"]) == (email("jane"), email("JANE"))
    assert (keys["phone"]["value"], keys["phone"]["sent"]) == ("+14155552671", "(415) 555-2671")


def test_an_identifier_sent_in_normalised_form_is_returned_once(ingest, explain, email):
    (key,) = explain(ingest(email=email("jane")))["keys"]

    assert "sent" not in key


def test_an_event_that_never_was_is_404(reviewer):
    response = reviewer.get("/v1/events/evt_nothing")

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_event")


def test_an_event_that_had_not_been_received_is_404(reviewer, ingest, email):
    event = ingest(email=email("jane"))

    response = reviewer.get(
        f"/v1/events/{event['eventId']}", params={"asOf": "2020-01-01T00:00:00Z"}
    )

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_event")


@pytest.mark.parametrize(
    ("query", "path"), [({"asOf": "yesterday"}, "asOf"), ({"as_of": "x"}, "as_of")]
)
def test_an_invalid_query_is_400_and_names_the_error(reviewer, query, path):
    response = reviewer.get("/v1/events/evt_x", params=query)

    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["path"] == path


# Outcomes of identifiers


def test_the_identifiers_of_a_new_customer_were_attached(ingest, explain, outcomes, email, unique):
    event = ingest(email=email("jane"), externalId=unique)
    jane = event["customerId"]

    assert outcomes(event) == {"email": ("attached", jane), "externalId": ("attached", jane)}
    assert explain(event)["createdCustomer"]


def test_the_known_identifier_matched_and_has_its_weight(ingest, explain, person, email):
    jane = person("jane")
    explanation = explain(ingest(email=email("jane")))

    assert explanation["keys"] == [
        {
            "kind": "email",
            "value": email("jane"),
            "weight": 1.0,
            "outcome": "decided",
            "customerId": jane,
        }
    ]
    assert not explanation["createdCustomer"]


def test_an_identifier_of_lower_priority_of_the_same_customer_also_matched(
    ingest, outcomes, email, unique
):
    jane = ingest(email=email("jane"), externalId=unique)["customerId"]

    key_outcomes = outcomes(ingest(email=email("jane"), externalId=unique))

    assert key_outcomes == {"email": ("decided", jane), "externalId": ("agreed", jane)}


def test_an_identifier_of_lower_priority_of_another_customer_conflicts(outcomes, conflict):
    jane, joan, event = conflict

    assert outcomes(event) == {"email": ("decided", jane), "externalId": ("overruled", joan)}


def test_a_key_that_the_event_brought_was_attached(ingest, outcomes, person, email, unique):
    jane = person("jane")

    key_outcomes = outcomes(ingest(email=email("jane"), externalId=unique))

    assert key_outcomes == {"email": ("decided", jane), "externalId": ("attached", jane)}


def test_the_second_event_of_a_batch_matched_an_identifier_of_the_first(
    ingest, outcomes, email, unique
):
    event = {"event": "x", "email": email("jane"), "externalId": unique}
    first, second = ingest([event, event])["results"]

    assert {outcome for outcome, _ in outcomes(first).values()} == {"attached"}
    assert [outcome for outcome, _ in outcomes(second).values()] == ["decided", "agreed"]


def test_for_a_named_customer_no_identifier_matched(ingest, outcomes, person, email, unique):
    jane, joan = person("jane"), person("joan")

    key_outcomes = outcomes(ingest(customer=jane, email=email("joan"), externalId=unique))

    assert key_outcomes == {"email": ("overruled", joan), "externalId": ("attached", jane)}


def test_a_replay_does_not_change_it(ingest, explain, email, unique):
    sent = {"email": email("jane"), "idempotencyKey": unique}
    first = explain(ingest(**sent))

    assert explain(ingest(**sent)) == first


def test_a_shared_identifier_was_not_used(ingest, outcomes, mark, email, unique):
    joan = ingest(externalId=unique)["customerId"]
    mark(unique)

    event = ingest(email=email("jane"), externalId=unique)

    assert outcomes(event) == {
        "email": ("attached", event["customerId"]),
        "externalId": ("shared", joan),
    }


def test_a_shared_identifier_alone_matched(ingest, outcomes, mark, unique):
    joan = ingest(externalId=unique)["customerId"]
    mark(unique)

    assert outcomes(ingest(externalId=unique)) == {"externalId": ("decided", joan)}


def test_an_identifier_that_exceeds_the_limit_was_not_attached(ingest, outcomes, unique, email):
    jane = ingest(externalId=unique)["customerId"]
    ingest([{"event": "x", "customer": jane, "email": email(f"n{n}")} for n in range(100)])

    event = ingest(customer=jane, email=email("more"))

    assert outcomes(event) == {"email": ("beyond_limit", None)}


def test_a_blocked_value_was_ignored(ingest, outcomes, email):
    event = ingest(email=email("jane"), externalId="undefined")

    assert outcomes(event)["externalId"] == ("blocked", None)


def test_a_key_that_is_no_longer_in_the_graph_is_gone(ingest, outcomes, cypher, email, unique):
    event = ingest(email=email("jane"), externalId=unique)
    cypher("MATCH (i:Identifier {kind: 'externalId', value: $v}) DETACH DELETE i", v=unique)

    assert outcomes(event)["externalId"] == ("gone", None)


def test_an_identifier_created_again_later_is_gone(ingest, outcomes, cypher, email, unique):
    event = ingest(email=email("jane"), externalId=unique)
    cypher(
        """
        MATCH (:Identifier {kind: 'externalId', value: $value})-[identifies:IDENTIFIES]->()
        SET identifies.since = datetime() + duration({seconds: $late})
        """,
        value=unique,
        late=MAX_REORDERING_SECONDS + 10,
    )

    assert outcomes(event)["externalId"] == ("gone", None)


# Who was who


def test_after_a_merge_it_names_the_stored_and_the_surviving_customer(
    explain, conflict, person, merge
):
    jane, _, event = conflict
    june = person("june")
    merge(june, jane)

    explanation = explain(event)

    assert (explanation["customerId"], explanation["survivorId"]) == (jane, june)


def test_an_identifier_that_conflicted_before_a_merge_stays_so(outcomes, conflict, merge):
    jane, joan, event = conflict
    merge(jane, joan)

    assert outcomes(event) == {"email": ("decided", jane), "externalId": ("overruled", joan)}


def test_identifiers_of_two_merged_customers_also_matched(
    ingest, outcomes, conflict, merge, email, unique
):
    jane, joan, _ = conflict
    merge(joan, jane)

    key_outcomes = outcomes(ingest(email=email("jane"), externalId=f"joan-{unique}"))

    assert key_outcomes == {"email": ("decided", joan), "externalId": ("agreed", joan)}


def test_keys_that_agreed_during_a_merge_did_so_although_it_is_undone(
    ingest, outcomes, conflict, merge, undo, email, unique
):
    jane, joan, _ = conflict
    merged = merge(joan, jane)
    event = ingest(email=email("jane"), externalId=f"joan-{unique}")
    undo(merged)

    assert outcomes(event) == {"email": ("decided", joan), "externalId": ("agreed", joan)}


def test_an_identifier_that_matched_a_merged_customer_names_the_surviving_customer_of_that_time(
    ingest, outcomes, conflict, person, merge, email, unique
):
    jane, joan, _ = conflict
    june = person("june")
    merge(june, joan)

    key_outcomes = outcomes(ingest(email=email("jane"), externalId=f"joan-{unique}"))

    assert key_outcomes == {"email": ("decided", jane), "externalId": ("overruled", june)}


def test_a_key_that_came_to_a_merged_customer_was_attached(
    ingest, outcomes, person, merge, email, unique
):
    jane, joan = person("jane"), person("joan")
    merge(jane, joan)

    event = ingest(email=email("joan"), externalId=unique)

    assert outcomes(event) == {"email": ("decided", jane), "externalId": ("attached", jane)}


def test_as_of_a_time_before_a_merge_there_is_none(explain, conflict, person, merge):
    jane, _, event = conflict
    received = explain(event)["receivedAt"]
    merge(person("june"), jane)

    explanation = explain(event, asOf=received)

    assert (explanation["survivorId"], explanation["changes"]) == (jane, [])


def test_as_of_the_time_of_a_merge_it_is_there_although_undone(
    explain, conflict, person, merge, undo
):
    jane, _, event = conflict
    june = person("june")
    merged = merge(june, jane)
    undo(merged)

    explanation = explain(event, asOf=merged["at"])

    assert explanation["survivorId"] == june
    assert [change["kind"] for change in explanation["changes"]] == ["merged"]


def test_later_merges_and_undos_are_returned_in_order(explain, conflict, person, merge, undo):
    jane, _, event = conflict
    june = person("june")
    undo(merge(june, jane))
    merged = merge(jane, june)

    changes = explain(event)["changes"]

    assert [(change["kind"], change["from"], change["into"]) for change in changes] == [
        ("merged", jane, june),
        ("undone", jane, june),
    ]
    assert merged["mergeId"] not in {change["id"] for change in changes}


def test_changes_of_the_conflicting_customer_are_returned(explain, conflict, merge):
    jane, joan, event = conflict
    merged = merge(jane, joan)

    (change,) = explain(event)["changes"]

    assert (change["id"], change["from"], change["into"]) == (merged["mergeId"], joan, jane)


def test_the_end_of_a_chain_is_the_surviving_customer(explain, conflict, person, merge):
    jane, _, event = conflict
    june, joy = person("june"), person("joy")
    merge(june, jane)
    merge(joy, june)

    explanation = explain(event)

    assert explanation["survivorId"] == joy
    assert [change["into"] for change in explanation["changes"]] == [june, joy]


def test_an_event_that_was_split_off_was_of_the_whole_until_then(
    ingest, explain, outcomes, split, email, unique
):
    whole = ingest(email=email("jane"), externalId=unique)["customerId"]
    event = ingest(email=email("jane"), externalId=unique)
    received = explain(event)["receivedAt"]
    part = split(f"externalId:{unique}")

    assert outcomes(event) == {"email": ("decided", whole), "externalId": ("agreed", whole)}
    assert explain(event)["survivorId"] == part
    assert explain(event, asOf=received)["survivorId"] == whole
    assert [change["kind"] for change in explain(event)["changes"]] == ["split"]


def test_many_merges_of_the_same_two_are_no_burden(ingest, explain, cypher, person, email, unique):
    jane, joan = person("jane"), person("joan")
    event = ingest(email=email("jane"))
    cypher(
        """
        MATCH (one:Customer {id: $one})
        MATCH (other:Customer {id: $other})
        UNWIND range(1, 30) AS n
        WITH *, datetime() + duration({milliseconds: 4 * n}) AS at
        CREATE (one)-[:WAS_MERGED_INTO {
          id: 'mrg_a' + n + $unique, at: at, by: 'key_x',
          undoneAt: at + duration({milliseconds: 1}), undoneBy: 'key_x'
        }]->(other)
        CREATE (other)-[:WAS_MERGED_INTO {
          id: 'mrg_b' + n + $unique, at: at + duration({milliseconds: 2}), by: 'key_x',
          undoneAt: at + duration({milliseconds: 3}), undoneBy: 'key_x'
        }]->(one)
        """,
        one=jane,
        other=joan,
        unique=unique,
    )

    assert len(explain(event)["changes"]) == 60


# In words


def test_the_narrative_names_the_matched_the_conflicting_and_the_new_identifier(
    ingest, explain, person, email, unique, phone
):
    jane = person("jane")
    joan = ingest(phone=phone)["customerId"]

    explanation = explain(ingest(email=email("jane"), phone=phone, externalId=unique))[
        "explanation"
    ]

    assert explanation == (
        f"The email {email('jane')} (weight 1.0) matched {jane}, so the event was attached to that "
        f"Customer. The phone {phone} matched {joan} and has lower priority. The externalId "
        f"{unique} was new and was attached."
    )


def test_the_narrative_names_a_created_customer(ingest, explain, email):
    event = ingest(email=email("jane"))

    assert explain(event)["explanation"] == (
        f"No identifier matched, so {event['customerId']} was created. The email "
        f"{email('jane')} was new and was attached."
    )


def test_the_narrative_names_a_named_customer(ingest, explain, person):
    jane = person("jane")

    explanation = explain(ingest(customer=jane))["explanation"]

    assert explanation == f"The event had the ID {jane}, so it was attached to that Customer."


def test_in_words_that_a_customer_was_a_merged_one(ingest, explain, person, merge, email):
    jane, joan = person("jane"), person("joan")
    merge(jane, joan)

    explanation = explain(ingest(email=email("joan")))["explanation"]

    assert explanation == (
        f"The email {email('joan')} (weight 1.0) matched {joan}, merged into {jane}, so the event "
        "was attached to that Customer."
    )


def test_the_narrative_names_a_later_merge(ingest, explain, person, merge, email):
    jane, june = person("jane"), person("june")
    event = ingest(customer=jane)
    at = merge(june, jane)["at"]

    assert explain(event)["explanation"] == (
        f"The event had the ID {jane}, so it was attached to that Customer. Later, {jane} was "
        f"merged into {june} on {at[:10]} at {at[11:16]} UTC, so the event now belongs to {june}."
    )


def test_in_words_that_a_merge_was_undone(ingest, explain, person, merge, undo):
    jane, june = person("jane"), person("june")
    event = ingest(customer=jane)
    undo(merge(june, jane))

    explanation = explain(event)["explanation"]

    assert f" and the merge of {jane} into {june} was undone on " in explanation
    assert not explanation.endswith("now.")
