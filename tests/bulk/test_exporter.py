"""`python -m app export`, and the import of what it writes."""

import json
import uuid
from itertools import count

import pytest

from tests.support import command
from tests.support.phones import phone_number

JSON = {"Content-Type": "application/json"}
PAIRS = 12


def values(word):
    """The values of all Identifiers of the two people, the first two their email and phone."""
    mail = f"{word}@example.com"
    phones = [phone_number(word, f"{number:02}") for number in range(PAIRS + 1)]
    others = [f"{name}.{mail}" for name in ("other", *range(PAIRS))]
    return [mail, *phones, *others, *(f"{name}-{word}" for name in "abc")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of the tests' own."""
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="module")
def run(environment, folder):
    """Runs `python -m app` with arguments, in the folder."""

    def run(*arguments, **variables):
        return command.run(*arguments, env=environment | variables, cwd=folder)

    return run


@pytest.fixture(scope="module")
def sent(client):
    """Sends events, each a JSON text or a dict; returns the responses."""

    def send(*events):
        return [
            client.post(
                "/v1/events",
                content=event if isinstance(event, str) else json.dumps({"event": "x"} | event),
                headers=JSON,
            ).json()
            for event in events
        ]

    return send


@pytest.fixture(scope="module")
def people(sent):
    """The word in the keys of two people, whom each way of disagreeing concerns."""
    word, moments = uuid.uuid4().hex[:16], count()

    def send(**fields):
        moment = f"2026-04-29T10:14:32.{next(moments):09}Z"
        (response,) = sent({"properties": {"word": word}, "timestamp": moment} | fields)
        return response["customerId"]

    mail, phone, *own_phones = values(word)[: PAIRS + 2]
    first = send(email=mail)
    send(email=mail, externalId=f"a-{word}")
    second = send(externalId=f"b-{word}")
    # In conflict, but only once each had a key of its own.
    send(email=mail, externalId=f"b-{word}")
    send(externalId=f"b-{word}", phone=phone)
    send(phone=phone, externalId=f"a-{word}")
    # Events that only the Customer's id connects, and an event without an identifier.
    send(customer=second, externalId=f"c-{word}")
    send(customer=second)
    send(customer=first, email=f"other.{mail}")
    send(email=f"other.{mail}")
    # Ids derived from idempotency keys come in any order. In every second pair of conflicting
    # events, the one that must come first has the later id.
    for number, own in enumerate(own_phones):
        fresh = f"{number}.{mail}"
        send(email=fresh, externalId=f"b-{word}", idempotencyKey=f"a{word}{number}")
        send(email=fresh, phone=own, externalId=f"a-{word}", idempotencyKey=f"b{word}{number}")
        send(email=mail, phone=own, idempotencyKey=f"c{word}{number}")
        send(email=fresh, externalId=f"a-{word}", idempotencyKey=f"d{word}{number}")
    return word


@pytest.fixture(scope="module")
def exported(run, sent, people):
    """The lines of an export, made once, that have a word in them."""
    properties = '{\n"n": 1.10,\r\n"s":"\\n"}'
    sent(f'{{"event": "x", "externalId": "exact-{people}", "properties": {properties}}}')
    done = run("export")
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines(keepends=True) if people.encode() in line]


@pytest.fixture
def contents(cypher):
    """The Customers of a test in the graph, as sets, without ids of events."""

    def find(unique):
        owners = cypher(
            "MATCH (i:Identifier)-[:IDENTIFIES]->(c) WHERE i.value IN $values "
            "RETURN i.kind AS kind, i.value AS value, c.id AS id",
            values=values(unique),
        )
        touchpoints = cypher(
            "MATCH (c:Customer)-[:HAS_TOUCHPOINT]->(t) WHERE c.id IN $ids RETURN c.id AS id, "
            "t.customerId AS own, t.event AS event, t.timestamp AS timestamp, "
            "toString(t.occurredAt) AS at, t.properties AS properties",
            ids=list({row["id"] for row in owners}),
        )
        conflicts = cypher(
            "MATCH (c:Customer)-[d:MAY_BE_SAME_AS]->(o) WHERE c.id IN $ids "
            "RETURN c.id AS id, o.id AS other, d.kind AS kind",
            ids=list({row["id"] for row in owners}),
        )
        return [
            sorted(tuple(row.values()) for row in rows) for rows in (owners, touchpoints, conflicts)
        ]

    return find


@pytest.fixture
def empty(cypher):
    """Removes a test's Customers and all that is theirs, as if the graph had never had them."""

    def remove(unique):
        cypher(
            "MATCH (i:Identifier)-[:IDENTIFIES]->(c) WHERE i.value IN $values "
            "OPTIONAL MATCH (c)-[:HAS_TOUCHPOINT]->(t) DETACH DELETE i, c, t",
            values=values(unique),
        )

    return remove


@pytest.fixture
def imported(run, folder):
    """Imports lines with their Customers."""

    def lines(lines):
        folder.joinpath("mine.jsonl").write_bytes(b"".join(lines))
        return run("import", "--create-customers", "mine.jsonl")

    return lines


def conflicts(contents):
    return {(frozenset(row[:2]), row[2]) for row in contents[2]}


def test_a_line_has_the_sent_event_and_its_customer(exported, people, cypher):
    first = json.loads(next(line for line in exported if b"32.000000000Z" in line))

    (row,) = cypher(
        "MATCH (t:Touchpoint {id: $id}) RETURN t.customerId AS id", id=first["idempotencyKey"]
    )
    assert first == {
        "event": "x",
        "customer": row["id"],
        "email": f"{people}@example.com",
        "timestamp": "2026-04-29T10:14:32.000000000Z",
        "idempotencyKey": first["idempotencyKey"],
        "properties": {"word": people},
    }


def test_properties_keep_their_text_less_the_line_breaks(exported):
    (line,) = [line for line in exported if b"exact-" in line]

    assert b'{ "n": 1.10,  "s":"\\n"}' in line


def test_an_import_of_an_export_makes_the_same_graph(imported, exported, contents, empty, people):
    lines = [line for line in exported if b"exact-" not in line]
    before = contents(people)
    assert len(lines) == len(before[1]) > 4 * PAIRS
    empty(people)
    assert contents(people) == [[], [], []]

    process = imported(lines)

    assert (process.returncode, process.stdout[:22]) == (0, b"58 stored, 0 rejected,")
    after = contents(people)
    assert after[:2] == before[:2]
    assert conflicts(after) == conflicts(before) != set()


def test_an_export_that_fails_leaves_no_file(run, folder):
    done = run(
        "export", "--output", "all.jsonl", NEO4J_URI="bolt://127.0.0.1:1", NEO4J_PASSWORD="x"
    )

    assert done.returncode == 3
    assert not list(folder.glob("all.jsonl*"))


def test_an_unknown_customer_is_rejected_unless_created_on_request(run, folder, cypher, unique):
    event = {"event": "x", "customer": f"cus_{unique}"}
    folder.joinpath("unknown.jsonl").write_text(json.dumps(event))

    more = ([], ["--create-customers", "--restart"])
    codes = [run("import", "unknown.jsonl", *arguments).returncode for arguments in more]

    assert codes == [1, 0]
    assert cypher("MATCH (c:Customer {id: $id}) RETURN c.createdAt", id=f"cus_{unique}")


def test_a_customer_that_is_being_erased_is_not_exported(run, ingest, cypher, unique):
    event = ingest(externalId=unique)
    cypher("MATCH (c:Customer {id: $id}) SET c:Leftover REMOVE c:Customer", id=event["customerId"])

    exported = run("export").stdout

    cypher("MATCH (l:Leftover {id: $id}) SET l:Customer REMOVE l:Leftover", id=event["customerId"])
    assert event["eventId"].encode() not in exported
    assert event["eventId"].encode() in run("export").stdout


def test_an_import_merges_an_anonymous_customer_of_an_export_again(
    run, imported, cypher, unique, folder
):
    """A visitor, and the log-in that shows the person."""
    calls = [
        {"event": "x", "externalId": unique},
        {"event": "x", "anonymousId": unique},
        {"event": "x", "externalId": unique, "anonymousId": unique},
    ]
    lines = [json.dumps(call).encode() + b"\n" for call in calls]
    assert imported(lines).returncode == 0
    owners = """
        MATCH (i:Identifier {value: $unique})-[identifies:IDENTIFIES]->(c:Customer)
        RETURN i.kind AS kind, c.id AS customer, identifies.home AS home ORDER BY kind
    """
    before = cypher(owners, unique=unique)
    export = [line for line in run("export").stdout.splitlines(True) if unique.encode() in line]
    cypher(
        "MATCH (i:Identifier {value: $unique})-[:IDENTIFIES]->(c)<-[:MERGED_INTO*0..]-(m) "
        "OPTIONAL MATCH (m)-[:HAS_TOUCHPOINT]->(t) DETACH DELETE i, c, m, t",
        unique=unique,
    )

    assert imported(export).returncode == 0

    assert cypher(owners, unique=unique) == before
    assert [row["home"] is not None for row in before] == [True, False]
