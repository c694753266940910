"""What tests of reviews share: a caller who may do everything, conflicts, and merges as edges."""

import uuid

import pytest

from app import keys
from tests import calling

# As a merge leaves the graph; the Identifiers remember whose they are.
MERGE = """
MATCH (merged:Customer {id: $merged}), (survivor:Customer {id: $survivor})
CREATE (merged)-[:MERGED_INTO {
  id: 'mrg_' + $name, at: datetime(), by: 'key_test', reason: 'one person'
}]->(survivor)
WITH merged, survivor
MATCH (merged)<-[:MERGED_INTO*0..]-(member:Customer)
SET member.survivor = survivor.id
WITH member, survivor
MATCH (member)<-[identifies:IDENTIFIES]-(identifier:Identifier)
CREATE (identifier)-[:IDENTIFIES {
  since: identifies.since, home: coalesce(identifies.home, member.id)
}]->(survivor)
DELETE identifies
"""
UNDO = """
MATCH (merged:Customer)-[merge:MERGED_INTO {id: $id}]->(survivor:Customer)
CREATE (merged)-[undone:WAS_MERGED_INTO]->(survivor)
SET undone = properties(merge)
SET undone.undoneAt = datetime(), undone.undoneBy = 'key_other', undone.undoReason = 'two people'
DELETE merge
REMOVE merged.survivor
"""
SPLIT = """
MATCH (whole:Customer {id: $whole})
CREATE (part:Customer {id: 'cus_' + $name, createdAt: datetime()})
CREATE (part)-[:SPLIT_FROM {
  id: 'spl_' + $name, at: datetime(), by: 'key_test', reason: 'another one'
}]->(whole)
"""


@pytest.fixture(scope="module")
def reviewer(address, make_key):
    """Calls the service with a key that may read and review identities."""
    headers = {"X-API-Key": make_key(keys.IDENTITY_READ, keys.IDENTITY_WRITE)}
    with calling.Client(base_url=address, headers=headers, timeout=30) as client:
        yield client


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
def phone():
    """A phone number that no other test uses."""
    return f"+1415{uuid.uuid4().int % 10**7:07}"


@pytest.fixture
def dispute(ingest):
    """Has a key of one come with the email of another, so many times; returns the last event."""

    def of(email, times=1, **key):
        events = [{"event": "x", "email": email, **key} for _ in range(times)]
        return ingest(events)["results"][-1]["eventId"]

    return of


@pytest.fixture
def merge(cypher):
    """Merges one Customer into another; returns the id of the merge."""

    def of(merged, survivor):
        name = uuid.uuid4().hex
        cypher(MERGE, merged=merged, survivor=survivor, name=name)
        return f"mrg_{name}"

    return of


@pytest.fixture
def undo(cypher):
    """Undoes a merge."""
    return lambda merge: cypher(UNDO, id=merge)


@pytest.fixture
def split(cypher):
    """Splits a new Customer off another; returns the ids of the split and of the Customer."""

    def of(whole):
        name = uuid.uuid4().hex
        cypher(SPLIT, whole=whole, name=name)
        return f"spl_{name}", f"cus_{name}"

    return of
