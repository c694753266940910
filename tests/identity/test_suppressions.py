"""The suppression list: identifiers that no event may carry."""

import json

import pytest

from app.domain import suppression_secrets
from app.domain.suppression_errors import SuppressionSecretMissing
from app.errors import Unavailable
from app.identity import suppression_list
from app.identity.suppression_list import SuppressionList
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.identity.suppressions import SuppressionService
from app.observability.metrics import Metrics
from tests.support import http_client
from tests.support.errors import SUPPRESSED, code
from tests.support.mcp_client import over_http
from tests.support.server import SUPPRESSION_SECRET_FILE, serving, wait_for, wait_until_ready

pytest_plugins = ["tests.support.erasing", "tests.support.suppressing", "tests.support.reviewing"]


@pytest.fixture
def email(unique):
    return f"{unique}@example.org"


@pytest.fixture
def undo(caller):
    return lambda change: caller.post(f"/v1/suppressions/{change}/undo")


def test_an_event_with_a_suppressed_identifier_is_rejected(suppress, send, email):
    suppress(f"email:{email}")

    assert code(send(email=email)) == SUPPRESSED


def test_the_error_names_the_field_without_its_value(suppress, send, email):
    suppress(f"email:{email}")

    response = send(email=email)

    assert [detail["path"] for detail in response.json()["error"]["details"]] == ["email"]
    assert email not in response.text


def test_another_spelling_is_rejected(suppress, send, email):
    suppress(f"email: {email.upper()} ")

    assert code(send(email=email.title())) == SUPPRESSED


def test_an_event_that_also_has_another_identifier_is_rejected(suppress, send, email, unique):
    suppress(f"email:{email}")

    assert code(send(email=email, externalId=unique)) == SUPPRESSED


def test_a_rejected_event_leaves_nothing_in_the_graph(suppress, send, email, unique, traces):
    suppress(f"email:{email}")

    send(email=email, externalId=unique)

    assert traces(email, unique) == []


def test_the_list_has_no_identifier_in_clear(suppress, email, cypher):
    change = suppress(f"email:{email}")

    (row,) = cypher(
        "MATCH (c:SuppressionChange {id: $id})-[:SUPPRESSES]->(s) "
        "RETURN properties(c) AS change, properties(s) AS entry",
        id=change["id"],
    )
    assert email not in str(row.data())


def test_a_suppressed_event_rejects_its_batch(suppress, client, email, unique, traces):
    suppress(f"email:{email}")
    events = [{"event": "x", "externalId": unique}, {"event": "x", "email": email}]

    response = client.post("/v1/events", json={"events": events})

    assert (code(response), traces(unique)) == (SUPPRESSED, [])
    assert response.json()["error"]["details"][0]["path"] == "events[1].email"


def test_a_suppressed_event_of_a_lenient_batch_is_rejected_alone(suppress, client, email, unique):
    suppress(f"email:{email}")
    events = [{"event": "x", "externalId": unique}, {"event": "x", "email": email}]

    response = client.post(
        "/v1/events", json={"events": events}, headers={"Prefer": "handling=lenient"}
    )

    stored, rejected = response.json()["results"]
    assert (stored["resolved"], rejected["error"]["code"]) == ("new", "suppressed")


def test_a_call_of_a_tracking_sdk_is_not_stored(suppress, client, unique, traces):
    suppress(f"externalId:{unique}")

    response = client.post("/v1/track", json={"event": "Bought", "userId": unique})

    assert (response.status_code, traces(unique)) == (200, [])


def test_a_retry_of_a_stored_event_is_rejected(suppress, send, email):
    event = {"email": email, "idempotencyKey": email}
    send(**event)
    suppress(f"email:{email}")

    assert code(send(**event)) == SUPPRESSED


def test_a_second_suppression_adds_nothing(suppress, email):
    suppress(f"email:{email}")

    assert suppress(f"email:{email}")["identifiers"] == 0


def test_a_removed_identifier_is_stored_again(suppress, send, email):
    suppress(f"email:{email}")

    removed = suppress(f"email:{email}", path="/v1/suppressions/remove")

    assert (removed["kind"], removed["identifiers"]) == ("unsuppression", 1)
    assert send(email=email).status_code == 200


def test_an_undo_removes_what_the_suppression_added(suppress, send, undo, email, unique):
    suppress(f"email:{email}")
    change = suppress(f"email:{email}", f"externalId:{unique}")

    undone = undo(change["id"]).json()

    assert undone["identifiers"] == 1
    assert (code(send(email=email)), send(externalId=unique).status_code) == (SUPPRESSED, 200)


def test_a_second_undo_returns_the_first(suppress, undo, email):
    change = suppress(f"email:{email}")

    assert undo(change["id"]).json() == undo(change["id"]).json()


def test_an_unknown_suppression_is_404(undo):
    assert code(undo("sup_nobody")) == (404, "unknown_suppression")


@pytest.mark.parametrize("name", ["jane@acme.com", "email:", "name:jane", "phone:12", ""])
def test_a_text_that_is_no_identifier_is_an_error(caller, name):
    body = {"identifiers": [name], "reason": "x"}

    response = caller.post("/v1/suppressions", json=body)

    assert response.json()["error"]["details"][0]["path"] == "identifiers[0]"


def test_an_api_key_without_the_scope_is_rejected(client, email):
    body = {"identifiers": [f"email:{email}"], "reason": "x"}

    assert code(client.post("/v1/suppressions", json=body)) == (403, "forbidden_scope")


def test_the_audit_log_has_the_suppression_and_its_undo(suppress, undo, reviewer, email):
    change = suppress(f"email:{email}")["id"]
    undone = undo(change).json()["id"]

    page = reviewer.get("/v1/identity/changes", params={"limit": 200}).json()["changes"]

    entries = {entry["id"]: entry for entry in page if entry["id"] in (change, undone)}
    assert {id_: (e["kind"], e["identifiers"]) for id_, e in entries.items()} == {
        change: ("suppression", 1),
        undone: ("unsuppression", 1),
    }
    assert (entries[change]["undone"], entries[change]["reason"]) == (True, "request 1")


def test_an_erasure_with_suppression_rejects_later_events(ingest, erase, send, email, unique):
    customer = ingest(email=email, externalId=unique)["customerId"]

    erase(customer, suppress="true")

    assert [code(send(email=email)), code(send(externalId=unique))] == [SUPPRESSED] * 2


def test_an_erasure_without_suppression_does_not(ingest, erase, send, email):
    erase(ingest(email=email)["customerId"])

    assert send(email=email).status_code == 200


def test_a_shared_identifier_of_an_erased_customer_is_not_suppressed(
    ingest, erase, mark, send, email, phone
):
    customer = ingest(email=email, phone=phone)["customerId"]
    mark(phone=phone)

    erase(customer, suppress="true")

    assert send(phone=phone).status_code == 200


def test_another_process_rejects_the_event_soon(database, api_key, suppress, email):
    with serving(database) as address:
        wait_until_ready(address)
        suppress(f"email:{email}")

        def is_rejected():
            response = http_client.post(
                f"{address}/v1/events",
                json={"event": "x", "email": email},
                headers={"X-API-Key": api_key},
            )
            return code(response) == SUPPRESSED

        wait_for(is_rejected, suppression_list.MAX_AGE_SECONDS + 5)


@pytest.mark.anyio
async def test_an_agent_gets_the_error(address, api_key, suppress, email):
    suppress(f"email:{email}")

    async with over_http(address, {"X-API-Key": api_key}) as client:
        result = await client.call_tool("ingest_event", {"event": "x", "email": email})

    assert result.structured_content["error"]["code"] == "suppressed"


@pytest.fixture
def secret_file(tmp_path):
    """Writes secrets, before those of all services, and returns their file."""

    def write(*secrets, own=True):
        path = tmp_path / "secrets"
        path.write_text(
            "\n".join([*secrets, *([SUPPRESSION_SECRET_FILE.read_text()] if own else [])])
        )
        return SuppressionSecretFile(path)

    return write


@pytest.mark.anyio
async def test_an_unknown_secret_rejects_every_event(graph, secret_file, suppress, email):
    suppress(f"email:{email}")
    suppressions = SuppressionList(graph, secret_file("33" * 32, own=False))

    await suppressions.refresh()

    with pytest.raises(Unavailable, match="suppression_secret_unknown"):
        _ = suppressions.has_entries


@pytest.mark.anyio
async def test_the_metrics_count_identifiers_and_missing_secrets(
    graph, secret_file, suppress, email
):
    suppress(f"email:{email}")
    metrics = Metrics()
    suppressions = SuppressionList(graph, secret_file("33" * 32, own=False), metrics)

    await suppressions.refresh()

    text = metrics.render().decode()
    assert "waypath_suppression_secrets_missing 1.0" in text
    assert f"waypath_suppressed_identifiers {float(suppressions.size)}" in text


@pytest.mark.anyio
async def test_entries_of_an_older_secret_stay_suppressed(graph, secret_file, suppress, email):
    suppress(f"email:{email}")
    suppressions = SuppressionList(graph, secret_file("33" * 32))

    await suppressions.refresh()

    assert (suppressions.has_entries, f"email:{email}" in suppressions) == (True, True)


@pytest.mark.anyio
async def test_an_entry_of_an_older_secret_is_not_added_again(graph, secret_file, suppress, email):
    suppress(f"email:{email}")

    change = await SuppressionService(graph, secret_file("33" * 32)).add(
        [f"email:{email}"], "x", "test"
    )

    assert change.identifiers == 0


@pytest.mark.anyio
async def test_without_a_secret_nothing_is_suppressed(graph, address):
    service = SuppressionService(graph, SuppressionSecretFile(None))

    with pytest.raises(SuppressionSecretMissing):
        await service.add(["email:jane@acme.com"], "x", "test")


def test_the_first_suppression_makes_a_secret_that_only_its_owner_reads(tmp_path):
    path = tmp_path / "data" / "suppression-secret"

    made = SuppressionSecretFile(path, creates=True).newest()

    assert [secret.id for secret in suppression_secrets.parse(path.read_text())] == [made.id]
    assert path.stat().st_mode & 0o777 == 0o600


def test_two_processes_make_one_secret(tmp_path):
    path = tmp_path / "suppression-secret"

    made = [SuppressionSecretFile(path, creates=True).newest().id for _ in range(2)]

    assert made[0] == made[1]


def test_rejected_events_are_listed_without_the_identifier(suppress, send, caller, email, unique):
    suppress(f"email:{email}")
    send(email=email, properties={"note": unique})

    def groups():
        params = {"code": "suppressed", "limit": 200}
        return caller.get("/v1/rejections", params=params).json()["rejections"]

    wait_for(lambda: any(group["field"] == "email" for group in groups()))
    assert email not in json.dumps(groups())
    assert [group for group in groups() if "sample" in group] == []
