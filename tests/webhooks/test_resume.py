"""The end of a wait, and the repetition of deliveries, by an operator."""

import pytest

from app.domain import timestamps
from app.webhooks import delivery_state

pytest_plugins = ["tests.support.delivering", "tests.support.reviewing"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def resume(graph, unique):
    return lambda start=None: delivery_state.resume(graph, start, unique)


@pytest.mark.parametrize("status", [500, 410])
async def test_a_message_is_sent_at_once(make_worker, receiver, merged, resume, status):
    worker = make_worker(delay=lambda failures, wait: 3600)
    await worker.deliver()
    merge_id = merged()
    receiver.responses[merge_id] = [status]
    await worker.deliver()
    await resume()
    await worker.deliver()

    assert len(receiver.of(merge_id)) == 2


async def test_entries_since_a_time_are_delivered_again(worker, receiver, merged, resume):
    first = merged("a")
    await worker.deliver()
    _, start = timestamps.now()
    second = merged("b")
    await worker.deliver()
    await resume(start)
    await worker.deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second, second]


async def test_a_delivery_at_the_same_time_does_not_move_the_position(
    worker, receiver, merged, resume
):
    _, start = timestamps.now()
    first, second = merged("a"), merged("b")

    async def rewind(writer):
        await resume(start)
        writer.write(b"HTTP/1.1 204 x\r\n\r\n")

    receiver.responses[second] = [rewind]
    await worker.deliver()
    await worker.deliver()

    sent = [request.entry for request in receiver.of(first, second)]
    assert sent == [first, second, first, second]


async def test_without_a_process_that_has_begun_there_is_nothing_to_resume(resume):
    assert await resume() is None
