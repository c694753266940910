"""When the position of the deliveries is saved, and which messages are repeated without it."""

import asyncio

import pytest

pytest_plugins = ["tests.support.delivering", "tests.support.reviewing"]
pytestmark = pytest.mark.anyio

NEVER = 60.0  # longer than a test
POSITION = "MATCH (endpoint:WebhookEndpoint {name: $name}) RETURN endpoint.entryId AS id"
END_LEASE = "MATCH (endpoint:WebhookEndpoint {name: $name}) SET endpoint.expiresAt = datetime()"


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


async def test_while_messages_are_sent_the_position_is_not_saved_after_each(
    make_worker, receiver, merged, cypher, unique, interrupted
):
    worker = make_worker(save_interval=NEVER)
    await worker.deliver()
    before = cypher(POSITION, name=unique)
    _, second = merged("a"), merged("b")
    await interrupted(worker.deliver(), second)

    assert cypher(POSITION, name=unique) == before


async def test_after_the_interval_the_position_is_saved(
    make_worker, receiver, merged, cypher, unique, interrupted
):
    worker = make_worker(save_interval=0)
    await worker.deliver()
    first, second = merged("a"), merged("b")
    await interrupted(worker.deliver(), second)

    assert [row["id"] for row in cypher(POSITION, name=unique)] == [first]


async def test_after_the_last_message_the_position_is_saved(make_worker, merged, cypher, unique):
    worker = make_worker(save_interval=NEVER)
    await worker.deliver()
    merge_id = merged()
    await worker.deliver()

    assert [row["id"] for row in cypher(POSITION, name=unique)] == [merge_id]


async def test_a_process_that_is_killed_repeats_what_it_has_not_saved_in_order(
    make_worker, receiver, merged, cypher, unique, interrupted
):
    killed = make_worker(save_interval=NEVER)
    await killed.deliver()
    first, second = merged("a"), merged("b")
    await interrupted(killed.deliver(), second)
    cypher(END_LEASE, name=unique)
    await make_worker().deliver()

    sent = [request.entry for request in receiver.of(first, second)]
    assert sent == [first, second, first, second]


async def test_a_process_that_is_stopped_repeats_no_message_that_was_accepted(
    make_worker, receiver, merged, interrupted
):
    stopped = make_worker(save_interval=NEVER)
    await stopped.deliver()
    first, second = merged("a"), merged("b")
    await interrupted(stopped.watch(), second)
    await make_worker().deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second, second]


async def test_an_interrupted_delivery_repeats_no_message_that_was_accepted(
    make_worker, receiver, merged, interrupted
):
    worker = make_worker(save_interval=NEVER)
    await worker.deliver()
    first, second = merged("a"), merged("b")
    await interrupted(worker.deliver(), second)
    await worker.deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second, second]


async def test_the_messages_before_a_failed_one_are_not_repeated(make_worker, receiver, merged):
    worker = make_worker(save_interval=NEVER)
    await worker.deliver()
    first, second = merged("a"), merged("b")
    receiver.responses[second] = [500]
    await worker.deliver()
    await worker.stop()
    await make_worker().deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second, second]


async def test_an_unsaved_position_does_not_overwrite_that_of_another_process(
    make_worker, receiver, merged, cypher, unique, interrupted
):
    lost = make_worker(save_interval=NEVER)
    await lost.deliver()
    first, second = merged("a"), merged("b")
    await interrupted(lost.deliver(), second)
    cypher(END_LEASE, name=unique)
    await make_worker().deliver()
    await lost.deliver()

    assert [row["id"] for row in cypher(POSITION, name=unique)] == [second]
    assert len(receiver.of(first, second)) == 4
