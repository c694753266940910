"""The deliveries of webhooks: which entries, in which order, by which process, and retries."""

import asyncio

import pytest

from app.access import api_keys
from app.webhooks.receiver import ReceiverLimits
from tests.support import http_client
from tests.support.webhook_receiver import (
    CLOSED,
    endless_body,
    endless_head,
    new_secret,
    response,
    stalled_body,
    stalled_head,
)

pytest_plugins = ["tests.support.delivering", "tests.support.reviewing"]
pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def every_scope(make_key):
    return make_key(*api_keys.SCOPES)


async def test_a_message_is_verified_by_the_library_of_the_standard(
    worker, receiver, merged, secret
):
    merge_id = merged()
    await worker.deliver()

    (request,) = receiver.of(merge_id)
    message = request.verified(secret)
    assert (message["type"], message["data"]["id"]) == ("customer.merged", merge_id)


async def test_a_message_has_the_entry_of_the_feed(worker, receiver, merged, reviewer):
    merge_id = merged()
    await worker.deliver()

    (request,) = receiver.of(merge_id)
    page = http_client.ok_json(reviewer.get("/v1/identity/changes", params={"limit": 200}))
    (entry,) = [change for change in page["changes"] if change["id"] == merge_id]
    assert request.message == {"type": "customer.merged", "timestamp": entry["at"], "data": entry}


async def test_a_message_is_a_post_of_json_to_the_url(worker, receiver, merged):
    merge_id = merged()
    await worker.deliver()

    (request,) = receiver.of(merge_id)
    assert request.line == "POST /hooks?tenant=1 HTTP/1.1"
    assert request.headers["content-type"] == "application/json"


async def test_messages_are_in_the_order_of_the_log(worker, receiver, merged):
    merges = [merged(name) for name in "abc"]
    await worker.deliver()

    assert [request.entry for request in receiver.of(*merges)] == merges


async def test_an_undo_is_a_message_of_its_own(worker, receiver, merged, undo):
    merge_id = merged()
    undo({"mergeId": merge_id})
    await worker.deliver()

    assert [request.id for request in receiver.of(merge_id)] == [
        f"{merge_id}-merge",
        f"{merge_id}-undo",
    ]


async def test_the_first_start_begins_with_later_entries(make_worker, receiver, merged):
    before = merged("a")
    worker = make_worker()
    await worker.deliver()
    after = merged("b")
    await worker.deliver()

    assert [request.entry for request in receiver.of(before, after)] == [after]


async def test_an_entry_that_is_not_settled_is_not_delivered(make_worker, receiver, merged):
    worker = make_worker(settling=3600)
    await worker.deliver()
    merge_id = merged()
    await worker.deliver()

    assert receiver.of(merge_id) == []


async def test_an_erasure_is_delivered_without_personal_data(
    worker, receiver, ingest, email, address, every_scope
):
    customer = ingest(email=email("ann"))["customerId"]
    headers = {"X-API-Key": every_scope}
    http_client.delete(f"{address}/v1/customers/{customer}", headers=headers, timeout=30)
    await worker.deliver()

    (request,) = [
        request for request in receiver.requests if customer in request.message["data"]["customers"]
    ]
    assert request.message["type"] == "customer.erased"
    assert email("ann") not in request.body.decode()


@pytest.mark.parametrize(
    "reply",
    [500, 404, response(302, location="/elsewhere"), CLOSED, b"SSH-2.0-x\r\n\r\n", endless_head],
    ids=["500", "404", "redirect", "closed", "no HTTP", "endless headers"],
)
async def test_a_failed_message_is_retried_before_the_next_one(worker, receiver, merged, reply):
    first, second = merged("a"), merged("b")
    receiver.responses[first] = [reply]
    await worker.deliver()
    await worker.deliver()

    sent = [request.id for request in receiver.of(first, second)]
    assert sent == [f"{first}-merge", f"{first}-merge", f"{second}-merge"]


async def test_a_redirect_is_not_followed(worker, receiver, merged):
    merge_id = merged()
    receiver.responses[merge_id] = [response(307, location="/elsewhere")]
    await worker.deliver()

    assert [request.line for request in receiver.requests if "elsewhere" in request.line] == []


@pytest.mark.parametrize("reply", [endless_body, stalled_body])
async def test_a_body_that_does_not_end_is_a_success(make_worker, receiver, merged, reply):
    worker = make_worker(limits=ReceiverLimits(drain=0.05))
    await worker.deliver()
    first, second = merged("a"), merged("b")
    receiver.responses[first] = [reply]
    await worker.deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second]


async def test_a_response_that_takes_too_long_is_a_failure(
    make_worker, receiver, merged, unique, graph
):
    worker = make_worker(limits=ReceiverLimits(attempt=0.2))
    await worker.deliver()
    merge_id = merged()
    receiver.responses[merge_id] = [stalled_head]
    await worker.deliver()

    (status,) = await graph.read("webhook_status", name=unique)
    assert (status["failures"], status["error"]) == (1, "no response within 0.2 s")


@pytest.fixture
async def failed(make_worker, receiver, merged):
    """A worker whose next attempt is in a minute, and the merge that it attempted to deliver."""
    worker = make_worker(delay=lambda failures, retry_after: 60)
    await worker.deliver()
    merge_id = merged()
    receiver.responses[merge_id] = [500]
    await worker.deliver()
    return worker, merge_id


async def test_a_message_waits_for_the_time_of_the_next_attempt(failed, receiver):
    worker, merge_id = failed
    await worker.deliver()

    assert len(receiver.of(merge_id)) == 1


async def test_the_delay_knows_the_failures_and_the_retry_after(make_worker, receiver, merged):
    calls = []
    worker = make_worker(delay=lambda *arguments: calls.append(arguments) or 0)
    await worker.deliver()
    merge_id = merged()
    receiver.responses[merge_id] = [500, response(503, retry_after="7")]
    await worker.deliver()
    await worker.deliver()

    assert calls == [(1, None), (2, 7)]


async def test_another_process_continues_where_one_stopped(make_worker, worker, receiver, merged):
    first = merged("a")
    await worker.deliver()
    await worker.stop()
    second = merged("b")
    await make_worker().deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, second]


async def test_another_process_waits_for_the_next_attempt_as_well(failed, make_worker, receiver):
    worker, merge_id = failed
    await worker.stop()
    await make_worker().deliver()

    assert len(receiver.of(merge_id)) == 1


async def test_of_two_processes_one_delivers(make_worker, worker, receiver, merged):
    merges = [merged(name) for name in "abc"]
    others = [make_worker() for _ in range(3)]
    await asyncio.gather(*(each.deliver() for each in [worker, *others]))

    assert [request.entry for request in receiver.of(*merges)] == merges


async def test_a_process_that_is_gone_loses_its_turn(make_worker, receiver, merged):
    gone = make_worker(lease=0)
    await gone.deliver()
    merge_id = merged()
    await make_worker().deliver()
    await gone.deliver()

    assert len(receiver.of(merge_id)) == 1


async def test_a_process_that_lost_its_turn_stops(make_worker, receiver, merged):
    slow = make_worker(lease=0)
    await slow.deliver()
    first, second = merged("a"), merged("b")

    async def take_over(writer):
        await make_worker().deliver()
        writer.write(response(204))

    receiver.responses[first] = [take_over]
    await slow.deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first, first, second]


async def test_a_second_secret_signs_without_a_restart(
    worker, receiver, merged, secret, secret_file
):
    new = new_secret()
    secret_file.write_text(f"{new}\n{secret}\n")
    merge_id = merged()
    await worker.deliver()

    (request,) = receiver.of(merge_id)
    assert request.verified(secret) == request.verified(new)


async def test_while_the_file_of_the_secrets_is_replaced_the_last_ones_sign(
    worker, receiver, merged, secret, secret_file
):
    secret_file.write_text("")
    merge_id = merged()
    await worker.deliver()

    (request,) = receiver.of(merge_id)
    assert request.verified(secret)


async def test_after_410_nothing_is_sent(worker, receiver, merged):
    first, second = merged("a"), merged("b")
    receiver.responses[first] = [410]
    await worker.deliver()
    await worker.deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first]


async def test_after_410_another_url_gets_the_messages(make_worker, worker, receiver, merged):
    merge_id = merged()
    receiver.responses[merge_id] = [410]
    await worker.deliver()
    await worker.stop()
    await make_worker(receiver.url + "2").deliver()

    assert [request.line for request in receiver.of(merge_id)][1:] == [
        "POST /hooks?tenant=12 HTTP/1.1"
    ]


async def test_a_process_that_is_cancelled_lets_another_one_continue(make_worker, receiver, merged):
    worker = make_worker()
    await worker.deliver()
    merge_id = merged()
    task = asyncio.create_task(worker.watch(0))
    await receiver.wait_for(merge_id)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    other = merged("b")
    await make_worker().deliver()

    assert [request.entry for request in receiver.of(merge_id, other)][-1] == other
