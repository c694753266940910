"""The pages of the feed: their order, and entries that are erased while they wait."""

import pytest

from app.webhooks.feed import PageLimits
from tests.support import http_client
from tests.support.webhook_receiver import response

pytest_plugins = ["tests.support.delivering", "tests.support.reviewing"]
pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def eraser(make_key):
    return {"X-API-Key": make_key("customers:delete")}


@pytest.mark.parametrize(
    "pages",
    [
        PageLimits(entries=2, ahead=0),
        PageLimits(entries=2, ahead=1),
        PageLimits(entries=3, ahead=3),
        PageLimits(entries=3, ahead=2, seconds=0),
    ],
    ids=["one by one", "one ahead", "all ahead", "none lasts"],
)
async def test_several_pages_are_delivered_in_order_and_once(make_worker, receiver, merged, pages):
    worker = make_worker(pages=pages)
    await worker.deliver()
    merges = [merged(name) for name in "abcdefg"]
    await worker.deliver()

    assert [request.entry for request in receiver.of(*merges)] == merges


async def test_an_entry_that_is_erased_while_its_page_waits_is_not_sent(
    make_worker, receiver, merged, person, merge, address, eraser
):
    worker = make_worker(pages=PageLimits(entries=2, ahead=1, seconds=0))
    await worker.deliver()
    first = merged("a")
    into = person("b")
    second = merge(into, person("c"))["mergeId"]

    async def erase(writer):
        with http_client.Client(base_url=address, headers=eraser, timeout=30) as client:
            assert client.delete(f"/v1/customers/{into}").status_code == 200
        writer.write(response(204))

    receiver.responses[first] = [erase]
    await worker.deliver()

    assert [request.entry for request in receiver.of(first, second)] == [first]
