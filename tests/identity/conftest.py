"""Fixtures of the tests of identity: Customers, their conflicts, and their stored data."""

import uuid

import pytest

from app.domain import pagination
from tests.support import http_client
from tests.support.identity_conflicts import Position, conflict_id

REASON = {"reason": "a couple"}

# Every node that has one of some words in one of its properties.
TRACES = """
MATCH (node)
WHERE any(name IN keys(node) WHERE any(value IN
  CASE WHEN valueType(node[name]) STARTS WITH 'LIST' THEN node[name] ELSE [node[name]] END
  WHERE any(word IN $words WHERE toStringOrNull(value) CONTAINS word)
))
RETURN labels(node)[0] AS label, properties(node) AS properties
"""


@pytest.fixture
def people(ingest):
    """New Customers, each with an email address of its own: their ids and addresses."""

    def make(count):
        emails = [f"{uuid.uuid4().hex}@acme.com" for _ in range(count)]
        response = ingest([{"event": "x", "email": email} for email in emails])
        return [
            (result["customerId"], email)
            for result, email in zip(response["results"], emails, strict=True)
        ]

    return make


@pytest.fixture
def send_conflict(ingest):
    """Has a key of one come with the email of another, so many times; returns the last event."""

    def of(email, times=1, **key):
        events = [{"event": "x", "email": email, **key} for _ in range(times)]
        return ingest(events)["results"][-1]["eventId"]

    return of


@pytest.fixture
def traces(cypher):
    """The nodes that have one of some words in a property, by their labels."""

    def find(*words):
        return [(row["label"], row["properties"]) for row in cypher(TRACES, words=words)]

    return find


@pytest.fixture
def identifier(cypher):
    """The properties of an Identifier, and its owner."""

    def find(value):
        rows = cypher(
            """
            MATCH (i:Identifier {value: $value})
            OPTIONAL MATCH (i)-[r:IDENTIFIES]->(c)
            RETURN properties(i) AS identifier, c.id AS owner, r.home AS home
            """,
            value=value,
        )
        return [(row["identifier"], row["owner"], row["home"]) for row in rows]

    return find


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
        return pagination.encode(Position(row["strength"], row["id"] + "~"))

    return of


@pytest.fixture
def page(reviewer):
    def of(**query):
        return http_client.ok_json(reviewer.get("/v1/identity/conflicts", params=query))

    return of


@pytest.fixture
def listed(page, at):
    """The conflict of two Customers, as the page that begins there returns it, or None."""

    def of(one, other, kind="phone"):
        conflicts = page(cursor=at(one, other, kind), limit=1)["conflicts"]
        return next(
            (conflict for conflict in conflicts if conflict["id"] == conflict_id(one, other)), None
        )

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


@pytest.fixture
def mark(reviewer):
    """Reviews an identifier as shared or not shared."""
    return lambda shared=True, **body: reviewer.post(
        "/v1/identity/shared", json={"shared": shared, "reason": "an office", **body}
    )
