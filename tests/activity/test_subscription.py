"""A subscription keeps the last entries for its reader, and counts those that the reader lost."""

import pytest

from app.activity.record import Entry, Record
from app.activity.record_filter import RecordFilter
from app.activity.subscription import Subscription

pytestmark = pytest.mark.anyio


def entry(number, event="x", size=10, **fields):
    record = Record(f"0a.{number}", "t", "http", "stored", event=event, **fields)
    return Entry("0a", number, record, b"x" * size)


async def take(subscription):
    """The numbers that a reader takes, and how many it lost before."""
    batch = await subscription.take(0.01)
    return batch and ([each.number for each in batch.entries], batch.skipped)


async def test_a_reader_takes_all_entries_at_once():
    subscription = Subscription(RecordFilter())
    subscription.put(entry(1))
    subscription.put(entry(2))

    assert await take(subscription) == ([1, 2], 0)


async def test_a_reader_without_entries_waits_for_the_timeout():
    assert await take(Subscription(RecordFilter())) is None


@pytest.mark.parametrize("limits", [{"max_records": 2}, {"max_bytes": 25}])
async def test_a_slow_reader_loses_the_oldest_entries(limits):
    subscription = Subscription(RecordFilter(), **limits)
    for number in range(1, 6):
        subscription.put(entry(number))

    assert await take(subscription) == ([4, 5], 3)


async def test_a_lost_entry_is_counted_once():
    subscription = Subscription(RecordFilter(), max_records=1)
    for number in range(1, 4):
        subscription.put(entry(number))
    await take(subscription)
    subscription.put(entry(4))

    assert await take(subscription) == ([4], 0)


async def test_entries_that_were_lost_on_the_way_are_counted():
    subscription = Subscription(RecordFilter())
    subscription.put(entry(5), missing=3)

    assert await take(subscription) == ([5], 3)


async def test_entries_that_are_forgotten_before_the_reader_takes_them_are_lost():
    subscription = Subscription(RecordFilter())
    subscription.put(entry(1, customer_id="cus_1"))
    subscription.put(entry(2, customer_id="cus_2"))

    subscription.forget(lambda record: record.customer_id == "cus_1")

    assert await take(subscription) == ([2], 1)


async def test_an_entry_that_does_not_match_is_not_counted():
    subscription = Subscription(RecordFilter(event="y"), max_records=1)
    for number in range(1, 4):
        subscription.put(entry(number))
    subscription.put(entry(4, "y"))

    assert await take(subscription) == ([4], 0)


@pytest.mark.parametrize(
    ("text", "is_match"),
    [
        ("JANE@acme.com", True),
        ("email:jane@acme.com", True),
        ("cus_1", True),
        ("jane", False),
        ("acme.com", False),
    ],
)
def test_a_filter_by_customer_takes_any_identifier_whole(text, is_match):
    record = entry(1, identifiers=["email:jane@acme.com"], customer_id="cus_1").record

    assert RecordFilter(customer=text).matches(record) == is_match
