"""Webhooks of a whole service, and the commands of an operator."""

import asyncio
import runpy
import threading
from http.server import HTTPServer
from pathlib import Path

import pytest

from app.settings import Settings
from app.webhooks.delivery_state import ENDPOINT
from tests.support.server import serving
from tests.support.webhook_receiver import new_secret

pytest_plugins = ["tests.support.delivering", "tests.support.reviewing"]
pytestmark = pytest.mark.anyio

FORGET = "MATCH (endpoint:WebhookEndpoint {name: $name}) DELETE endpoint"


@pytest.fixture
def settled(cypher, merged):
    """A merge of an hour ago, and no endpoint before and after."""
    cypher(FORGET, name=ENDPOINT)
    merge_id = merged()
    cypher(
        "MATCH ()-[merge:MERGED_INTO {id: $id}]->() SET merge.at = merge.at - duration('PT1H') "
        "WITH merge.at - duration('PT1S') AS at "
        "CREATE (:WebhookEndpoint {name: $name, entryAt: at, entryId: '', failures: 0})",
        id=merge_id,
        name=ENDPOINT,
    )
    yield merge_id
    cypher(FORGET, name=ENDPOINT)


@pytest.fixture
def variables(receiver, secret_file):
    """The settings of a command. It ends while the receiver responds."""
    return {
        "WAYPATH_WEBHOOK_URL": receiver.url,
        "WAYPATH_WEBHOOK_SECRET_FILE": str(secret_file),
    }


@pytest.mark.alone
async def test_a_service_delivers_settled_entries(database, receiver, secret_file, secret, settled):
    config = Settings(webhook_url=receiver.url, webhook_secret_file=str(secret_file))

    # The receiver needs this thread.
    service = serving(database, config)
    await asyncio.to_thread(service.__enter__)
    await receiver.wait_for(settled)
    await asyncio.to_thread(service.__exit__, None, None, None)

    (request,) = receiver.of(settled)
    assert request.verified(secret)["type"] == "customer.merged"


async def test_a_test_message_is_verified_by_the_library_of_the_standard(
    cli, receiver, variables, secret
):
    run = await asyncio.to_thread(cli, "webhooks", "test", **variables)

    (request,) = receiver.requests
    assert (run.returncode, run.stdout) == (0, "the receiver accepted the message\n")
    assert request.verified(secret)["type"] == "webhook.test"


async def test_a_test_message_that_fails_has_the_reason(cli, receiver, variables):
    receiver.responses[""] = [500]

    run = await asyncio.to_thread(cli, "webhooks", "test", **variables)

    assert (run.returncode, run.stderr) == (
        1,
        "Error: the receiver did not accept the message: status 500\n",
    )


@pytest.fixture
def example(secret, monkeypatch):
    """The receiver of the docs, and its URL."""
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    module = runpy.run_path(str(Path(__file__).with_name("example_receiver.py")))
    server = HTTPServer(("127.0.0.1", 0), module["Receiver"])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_receiver_of_the_docs_accepts_a_message(cli, example, secret_file):
    run = cli(
        "webhooks",
        "test",
        WAYPATH_WEBHOOK_URL=example,
        WAYPATH_WEBHOOK_SECRET_FILE=str(secret_file),
    )

    assert run.returncode == 0


def test_the_receiver_of_the_docs_rejects_another_secret(cli, example, secret_file):
    secret_file.write_text(new_secret())

    run = cli(
        "webhooks",
        "test",
        WAYPATH_WEBHOOK_URL=example,
        WAYPATH_WEBHOOK_SECRET_FILE=str(secret_file),
    )

    assert (run.returncode, "status 401" in run.stderr) == (1, True)


def test_a_test_message_without_settings_names_them(cli):
    run = cli("webhooks", "test")

    assert (run.returncode, run.stderr) == (
        1,
        "Error: set WAYPATH_WEBHOOK_URL and WAYPATH_WEBHOOK_SECRET_FILE\n",
    )


@pytest.mark.alone
def test_the_command_resumes_from_a_time(cli, settled):
    run = cli("webhooks", "resume", "--from", "2026-05-11T09:00:00+02:00")

    assert run.stdout == "the service delivers the entries after 2026-05-11T07:00:00Z\n"


def test_a_malformed_time_is_wrong_usage(cli):
    run = cli("webhooks", "resume", "--from", "yesterday")

    assert (run.returncode, "--from must be ISO 8601" in run.stderr) == (2, True)
