"""Shared by the tests of webhooks: a receiver, and workers that deliver to it."""

import pytest

from app.webhooks import messages
from app.webhooks.delivery_state import DeliveryState
from app.webhooks.feed import Feed
from app.webhooks.receiver import ReceiverLimits, WebhookReceiver
from app.webhooks.secret_file import WebhookSecretFile
from app.webhooks.worker import WebhookWorker
from tests.support.webhook_receiver import Receiver, new_secret


@pytest.fixture
async def receiver():
    async with Receiver().listening() as receiver:
        yield receiver


@pytest.fixture
def secret():
    return new_secret()


@pytest.fixture
def secret_file(tmp_path, secret):
    file = tmp_path / "webhook-secret"
    file.write_text(f"{secret}\n")
    return file


@pytest.fixture
async def make_worker(graph, receiver, secret_file, unique):
    """Makes the worker of another process, for the same endpoint of this test."""
    clients = []

    def make(
        url=None,
        lease=60,
        save_interval=1.0,
        settling=0,
        pages=None,
        limits=None,
        metrics=None,
        delay=lambda failures, wait: 0,
        types=messages.TYPES,
    ):
        client = WebhookReceiver(
            url or receiver.url, WebhookSecretFile(secret_file), limits or ReceiverLimits(), types
        )
        clients.append(client)
        state = DeliveryState(graph, unique, lease, save_interval)
        return WebhookWorker(state, Feed(graph, settling, pages), client, metrics, delay)

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
def saved(cypher, unique):
    """The ID of the entry at the saved position of this test's endpoint."""

    def read():
        (row,) = cypher(
            "MATCH (endpoint:WebhookEndpoint {name: $name}) RETURN endpoint.entryId AS id",
            name=unique,
        )
        return row["id"]

    return read


@pytest.fixture
async def worker(make_worker):
    """A worker that has begun, so that it delivers later entries."""
    worker = make_worker()
    await worker.deliver()
    return worker


@pytest.fixture
def merged(person, merge):
    """Merges two new Customers, and gives the ID of the merge."""
    return lambda name="jo": merge(person(name), person(f"{name}2"))["mergeId"]
