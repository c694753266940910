"""Sending an event again stores nothing twice."""

import asyncio
import json
from functools import partial

import pytest

from app.access import api_keys
from app.domain.blocklist import Blocklist
from app.domain.resolution import ResolutionLimits
from app.errors import IdempotencyConflict
from app.identity.suppression_list import SuppressionList
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.ingest.event_checks import EventChecks
from app.ingest.group_commit import GroupCommit
from app.ingest.payload import decode
from app.ingest.results import IngestResult
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest
from app.ingest.writer import write
from tests.support import http_client
from tests.support.server import SUPPRESSION_SECRET_FILE


@pytest.fixture
def post(client):
    """Sends a body with headers, and returns the response."""

    def send(body, key=None, **headers):
        if key is not None:
            headers["Idempotency-Key"] = key
        return client.post("/v1/events", json=body, headers=headers)

    return send


@pytest.fixture
def touchpoints(cypher):
    """How many Touchpoints came of events with this name."""

    def count(event):
        (row,) = cypher(
            "MATCH (i:Identifier {kind: 'externalId', value: $event})-->()-->(t:Touchpoint) "
            "RETURN count(t) AS touchpoints",
            event=event,
        )
        return row["touchpoints"]

    return count


def event(unique, **fields):
    return {"event": "x", "externalId": unique} | fields


def batch(unique, count=3, **fields):
    return {"events": [event(unique, properties={"n": n}, **fields) for n in range(count)]}


def error(response):
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize("body", [event, batch], ids=["single", "batch"])
def test_a_replay_returns_the_same_and_stores_nothing(post, touchpoints, unique, body):
    first = post(body(unique), key=unique)
    stored = touchpoints(unique)

    again = post(body(unique), key=unique)

    assert (again.status_code, again.content) == (200, first.content)
    assert touchpoints(unique) == stored


def test_only_a_replay_is_marked_as_one(post, unique):
    responses = [post(event(unique), key=unique) for _ in range(3)]

    assert [response.headers.get("idempotency-replayed") for response in responses] == [
        None,
        "true",
        "true",
    ]


def test_without_a_key_an_event_sent_twice_happened_twice(post, touchpoints, unique):
    for _ in range(2):
        post(event(unique))

    assert touchpoints(unique) == 2


@pytest.mark.anyio
async def test_replays_in_parallel_store_one_touchpoint(address, api_key, touchpoints, unique):
    headers = {"X-API-Key": api_key, "Idempotency-Key": unique}
    async with http_client.AsyncClient(base_url=address, headers=headers) as client:
        responses = await asyncio.gather(
            *(client.post("/v1/events", json=event(unique)) for _ in range(32))
        )

    assert {response.content for response in responses} == {responses[0].content}
    assert touchpoints(unique) == 1


@pytest.mark.anyio
async def test_of_two_payloads_that_race_for_a_key_one_is_stored(
    address, api_key, touchpoints, unique
):
    headers = {"X-API-Key": api_key, "Idempotency-Key": unique}
    async with http_client.AsyncClient(base_url=address, headers=headers) as client:
        responses = await asyncio.gather(
            *(client.post("/v1/events", json=batch(unique, count=2 + n % 2)) for n in range(32))
        )

    accepted = {r.json()["accepted"] for r in responses if r.status_code == 200}
    assert {response.status_code for response in responses} == {200, 409}
    assert accepted == {touchpoints(unique)}


@pytest.mark.anyio
async def test_of_two_payloads_in_one_commit_the_first_is_stored(graph, touchpoints, unique):
    commits = GroupCommit(partial(write, graph, ResolutionLimits()), 10)
    suppressions = SuppressionList(graph, SuppressionSecretFile(SUPPRESSION_SECRET_FILE))
    await suppressions.refresh()  # so that the requests do not wait for it
    ingest = Ingest(commits, EventChecks(graph, Blocklist(), suppressions))
    requests = [
        IngestRequest(
            decode(json.dumps(event(unique, properties={"n": n})).encode()), "key_x", unique
        )
        for n in range(2)
    ]

    responses = asyncio.gather(*map(ingest.submit, requests), return_exceptions=True)
    await asyncio.sleep(0)  # both wait before the first commit begins
    writers = asyncio.create_task(commits.run())
    first, second = await responses
    writers.cancel()

    assert isinstance(first, IngestResult)
    assert isinstance(second, IdempotencyConflict)
    assert touchpoints(unique) == 1


@pytest.mark.parametrize(
    "other",
    [
        lambda unique: event(unique, properties={"n": 1}),
        lambda unique: event(unique, timestamp="2026-04-29T10:14:32Z"),
        lambda unique: {"events": [event(unique)]},
        lambda unique: batch(unique, count=2),
    ],
    ids=["properties", "timestamp", "a batch of it", "more events"],
)
def test_a_key_with_another_payload_is_409_and_the_first_stays(post, touchpoints, unique, other):
    first = post(event(unique), key=unique)

    response = post(other(unique), key=unique)

    assert error(response) == (409, "idempotency_conflict")
    assert response.json()["error"]["details"][0]["path"] == "Idempotency-Key"
    assert post(event(unique), key=unique).content == first.content
    assert touchpoints(unique) == 1


@pytest.mark.parametrize("counts", [(3, 2), (2, 3)])
def test_a_longer_or_shorter_batch_is_another_payload(post, touchpoints, unique, counts):
    post(batch(unique, counts[0]), key=unique)

    assert error(post(batch(unique, counts[1]), key=unique)) == (409, "idempotency_conflict")
    assert touchpoints(unique) == counts[0]


def test_white_space_between_the_fields_makes_no_other_payload(client, unique):
    bodies = [
        f'{{"event":"x","externalId":"{unique}"}}',
        f'{{ "externalId": "{unique}",\n "event": "x" }}',
    ]
    headers = {"Idempotency-Key": unique, "Content-Type": "application/json"}

    responses = [client.post("/v1/events", content=body, headers=headers) for body in bodies]

    assert responses[0].content == responses[1].content


def test_another_caller_may_use_the_same_key(post, make_key, touchpoints, unique):
    post(event(unique), key=unique)

    response = post(event(unique), key=unique, **{"X-API-Key": make_key(api_keys.EVENTS_WRITE)})

    assert "idempotency-replayed" not in response.headers
    assert touchpoints(unique) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é", "a\u200bb"])
def test_a_key_that_cannot_be_one_is_400(post, unique, key):
    response = post(event(unique), key=key.encode())

    assert error(response) == (400, "invalid_payload")
    assert response.json()["error"]["details"][0]["path"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["x", "a b", '"8e03978e-40d5-43e8-bc93-6894a57f9324"', "~" * 255])
def test_any_other_key_is_taken(post, unique, key):
    assert post(event(unique), key=f"{key[:200]}{unique}"[:255]).status_code == 200


def test_two_key_headers_are_400(client, unique):
    headers = [("Idempotency-Key", unique), ("Idempotency-Key", f"{unique}2")]

    assert error(client.post("/v1/events", json=event(unique), headers=headers)) == (
        400,
        "invalid_payload",
    )


def test_an_events_own_key_finds_it_in_a_batch_regrouped(post, touchpoints, unique):
    events = [event(unique, idempotencyKey=f"{unique}-{n}", properties={"n": n}) for n in range(4)]
    first = post({"events": events[:3]}).json()["results"]

    second = post({"events": events[1:]}).json()["results"]

    assert second[:2] == first[1:]
    assert touchpoints(unique) == 4


def test_a_batch_that_stores_something_is_no_replay(post, unique):
    events = [event(unique, idempotencyKey=f"{unique}-{n}") for n in range(2)]
    post({"events": events[:1]})

    assert "idempotency-replayed" not in post({"events": events}).headers
    assert post({"events": events}).headers["idempotency-replayed"] == "true"


def test_an_events_own_key_wins_over_the_header(post, touchpoints, unique):
    body = event(unique, idempotencyKey=unique)
    first = post(body, key=f"{unique}-1")

    assert post(body, key=f"{unique}-2").content == first.content
    assert touchpoints(unique) == 1


def test_an_own_key_twice_in_a_batch_names_one_event(post, touchpoints, unique):
    twin = event(unique, idempotencyKey=unique)

    results = post({"events": [twin, event(unique), twin]}).json()["results"]

    assert results[0]["eventId"] == results[2]["eventId"] != results[1]["eventId"]
    assert touchpoints(unique) == 2


def test_an_own_key_twice_with_other_payloads_is_409(post, touchpoints, unique):
    twins = [event(unique, idempotencyKey=unique, properties={"n": n}) for n in range(2)]

    response = post({"events": twins})

    assert error(response) == (409, "idempotency_conflict")
    assert response.json()["error"]["details"][0]["path"] == "events[1].idempotencyKey"
    assert touchpoints(unique) == 0


def test_an_own_key_with_another_payload_keeps_the_whole_request_out(post, touchpoints, unique):
    post(event(unique, idempotencyKey=unique))

    response = post({"events": [event(unique), event(unique, idempotencyKey=unique, event="y")]})

    assert error(response) == (409, "idempotency_conflict")
    assert touchpoints(unique) == 1


def test_an_idempotency_key_of_a_rejected_request_is_still_free(post, unique):
    assert post({"event": "x"}, key=unique).status_code == 400

    assert post(event(unique), key=unique).status_code == 200


def test_a_key_survives_the_rotation_of_the_api_key(address, cli, make_key, touchpoints, unique):
    old = cli("keys", "create", "--name", unique, "--scope", "events:write").stdout.strip()
    line = next(line for line in cli("keys", "list").stdout.splitlines() if unique in line)
    new = cli("keys", "rotate", line.split("\t")[0], "--grace", "1h").stdout.strip()

    first, again = (
        http_client.post(
            f"{address}/v1/events",
            json=event(unique),
            headers={"X-API-Key": key, "Idempotency-Key": unique},
        )
        for key in (old, new)
    )

    assert (first.status_code, again.content) == (200, first.content)
    assert touchpoints(unique) == 1
