"""The types of webhooks that are sent, and the entries of other types."""

import pytest

pytest_plugins = ["tests.support.delivering", "tests.support.reviewing"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def undone(make_worker, merged, undo):
    """A worker that sends undos alone, the ID of a merge and of another one that is undone."""
    worker = make_worker(types={"customer.merge_undone"})
    await worker.deliver()
    first, second = merged("a"), merged("b")
    undo({"mergeId": second})
    return worker, first, second


async def test_only_chosen_types_are_sent(undone, receiver):
    worker, first, second = undone
    await worker.deliver()

    assert [request.id for request in receiver.of(first, second)] == [f"{second}-undo"]


async def test_an_entry_of_another_type_advances_the_position(make_worker, merged, saved):
    worker = make_worker(types={"customer.erased"})
    await worker.deliver()
    merge_id = merged()
    await worker.deliver()

    assert saved() == merge_id


async def test_an_entry_of_another_type_is_no_delivery(make_worker, merged, graph, unique):
    worker = make_worker(types={"customer.erased"})
    await worker.deliver()
    merged()
    await worker.deliver()

    (status,) = await graph.read("webhook_status", name=unique)
    assert status["deliveredAt"] is None


async def test_an_entry_that_was_passed_over_is_not_sent_after_a_change_of_the_types(
    undone, make_worker, receiver
):
    worker, first, second = undone
    await worker.deliver()
    await worker.stop()
    await make_worker().deliver()

    assert [request.id for request in receiver.of(first, second)] == [f"{second}-undo"]


async def test_a_failure_stays_while_entries_are_passed_over(
    make_worker, receiver, merged, graph, unique
):
    worker = make_worker()
    await worker.deliver()
    merge_id = merged()
    receiver.responses[merge_id] = [500]
    await worker.deliver()
    await worker.stop()
    await make_worker(types={"customer.erased"}).deliver()

    (status,) = await graph.read("webhook_status", name=unique)
    assert (status["failures"], status["error"]) == (1, "status 500")
