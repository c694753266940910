"""What tests of identity share: Customers and conflicts of them, and what is stored of them."""

import uuid

import pytest

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
        answer = ingest([{"event": "x", "email": email} for email in emails])
        return [
            (each["customerId"], email)
            for each, email in zip(answer["results"], emails, strict=True)
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
    """The properties of an Identifier, and whose it is."""

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
