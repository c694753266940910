"""When the position of the deliveries is saved, and which messages are repeated without it."""

import asyncio

import pytest

pytest_plugins = ["tests.support.delivering", "tests.support.reviewing"]
pytestmark = pytest.mark.anyio

NEVER = 60.0  # longer than a test


@pytest.fixture
def interrupted(receiver):
    """Ends a call of a worker while the receiver has a message and has not responded."""

    async def interrupt(call, merge_id):
        async def stall(writer):
            await asyncio.Event().wait()

        receiver.responses[merge_id] = [stall]
        task = asyncio.create_task(call)
        await receiver.wait_for(merge_id)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return interrupt


@pytest.fixture
async def worker(make_worker):
    """A worker that has delivered all earlier entries, and saves no position while it sends."""
    worker = make_worker(save_interval=NEVER)
    await worker.deliver()
    return worker


@pytest.fixture
async def killed(worker, merged, interrupted, cypher, unique):
    """A worker that ends without its lease, after one of two messages, and the IDs of their merges.

    The receiver has both, and has responded to the first one.
    """
    first, second = merged("a"), merged("b")
    await interrupted(worker.deliver(), second)
    cypher(
        "MATCH (endpoint:WebhookEndpoint {name: $name}) SET endpoint.expiresAt = datetime()",
        name=unique,
    )
    return worker, first, second


async def test_while_messages_are_sent_the_position_is_not_saved_after_each(
    worker, merged, saved, interrupted
):
    before = saved()
    _, second = merged("a"), merged("b")
    await interrupted(worker.deliver(), second)

    assert saved() == before


async def test_after_the_interval_the_position_is_saved(make_worker, merged, saved, interrupted):
    worker = make_worker(save_interval=0)
    await worker.deliver()
    first, second = merged("a"), merged("b")
    await interrupted(worker.deliver(), second)

    assert saved() == first


async def test_after_the_last_message_the_position_is_saved(worker, merged, saved):
    merge_id = merged()
    await worker.deliver()

    assert saved() == merge_id


async def test_a_process_that_is_killed_repeats_what_it_has_not_saved_in_order(
    killed, make_worker, receiver
):
    _, first, second = killed
    await make_worker().deliver()

    sent = [request.entry for request in receiver.of(first, second)]
    assert sent == [first, second, first, second]


async def test_a_process_that_is_stopped_repeats_no_message_that_was_accepted(
    worker, make_worker, receiver, merged, interrupted
):
    first, second = merged("a"), merged("b")
    await interrupted(worker.watch(), second)
    await make_worker().deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second, second]


async def test_an_interrupted_delivery_repeats_no_message_that_was_accepted(
    worker, receiver, merged, interrupted
):
    first, second = merged("a"), merged("b")
    await interrupted(worker.deliver(), second)
    await worker.deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second, second]


async def test_the_messages_before_a_failed_one_are_not_repeated(
    worker, make_worker, receiver, merged
):
    first, second = merged("a"), merged("b")
    receiver.responses[second] = [500]
    await worker.deliver()
    await worker.stop()
    await make_worker().deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second, second]


async def test_an_unsaved_position_does_not_overwrite_that_of_another_process(
    killed, make_worker, receiver, saved
):
    lost, first, second = killed
    await make_worker().deliver()
    await lost.deliver()

    assert saved() == second
    assert len(receiver.of(first, second)) == 4
