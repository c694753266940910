"""`python -m app suppressions` and `erase --suppress`, while a service runs."""

import json

import pytest

from tests.support import command
from tests.support.server import wait_for

REASON = ("--reason", "request 1")


@pytest.fixture
def email(unique):
    return f"{unique}@example.org"


@pytest.fixture
def is_rejected(client):
    """Whether the service rejects an event, within the age of its copy of the list."""

    def ask(**event):
        response = client.post("/v1/events", json={"event": "x", **event})
        return response.status_code == 422

    return ask


def test_an_added_identifier_is_rejected(cli, is_rejected, email):
    run = cli("suppressions", "add", f"email:{email}", *REASON)

    assert (run.returncode, "1 identifiers added at" in run.stdout) == (0, True)
    wait_for(lambda: is_rejected(email=email), 15)


def test_a_removed_identifier_is_stored(cli, is_rejected, email):
    cli("suppressions", "add", f"email:{email}", *REASON)

    run = cli("suppressions", "remove", f"email:{email}", *REASON)

    assert "1 identifiers removed at" in run.stdout
    wait_for(lambda: not is_rejected(email=email), 15)


def test_an_undo_removes_what_a_suppression_added(cli, address, email):
    change = cli("suppressions", "add", f"email:{email}", *REASON).stdout.partition(":")[0]

    run = cli("suppressions", "undo", change)

    assert "1 identifiers removed at" in run.stdout


def test_a_file_is_imported(cli, is_rejected, email):
    run = cli("suppressions", "import", "-", "--kind", "email", *REASON, stdin=f"{email}\n\n")

    assert "1 identifiers added at" in run.stdout
    wait_for(lambda: is_rejected(email=email), 15)


def test_an_invalid_line_rejects_the_file(cli, address, email, is_rejected):
    run = cli("suppressions", "import", "-", *REASON, stdin=f"email:{email}\nphone:12\n")

    assert (run.returncode, "line 2 must be" in run.stderr) == (2, True)
    assert not is_rejected(email=email)


def test_an_erasure_suppresses_the_identifiers(cli, ingest, is_rejected, email):
    customer = ingest(email=email)["customerId"]

    run = cli("erase", customer, "--suppress", "--yes")

    assert run.returncode == 0
    wait_for(lambda: is_rejected(email=email), 15)


@pytest.fixture
def import_old(cli, environment, address, tmp_path, email):
    """Imports files after the suppression of the email, and returns the codes of the rejects."""

    def run(*arguments, **files):
        cli("suppressions", "add", f"email:{email}", *REASON)
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        command.run("import", *files, *arguments, env=environment, cwd=tmp_path)
        (rejects,) = tmp_path.glob("*reject*")
        return [json.loads(line)["code"] for line in rejects.read_text().splitlines()]

    return run


def test_an_import_of_old_events_brings_no_customer_back(import_old, email):
    files = {
        "old.jsonl": json.dumps({"event": "x", "email": email}) + "\n",
        "old.csv": f"event,email\nx,{email}\n",
    }

    assert import_old(**files) == ["suppressed"] * 2


def test_an_import_of_segment_calls_brings_no_customer_back(import_old, email):
    call = {"type": "identify", "userId": email, "messageId": email, "traits": {"email": email}}

    assert import_old("--format", "segment", calls=json.dumps(call) + "\n") == ["suppressed"]


def test_an_import_does_not_create_the_customer_of_a_suppressed_event(
    import_old, cypher, email, unique
):
    customer, other = f"cus_{unique}", f"cus_other_{unique}"
    events = [
        {"event": "x", "email": email, "customer": customer},
        {"event": "x", "externalId": unique, "customer": other},
    ]
    old = "".join(json.dumps(event) + "\n" for event in events)

    import_old("--create-customers", **{"old.jsonl": old})

    found = cypher("MATCH (c:Customer) WHERE c.id IN $ids RETURN c.id AS id", ids=[customer, other])
    assert [row["id"] for row in found] == [other]


def test_an_import_of_an_event_that_names_a_suppressed_customer_is_rejected(
    import_old, ingest, email
):
    event = {"event": "x", "customer": ingest(email=email)["customerId"]}

    assert import_old(**{"old.jsonl": json.dumps(event) + "\n"}) == ["suppressed"]
