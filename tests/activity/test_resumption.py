"""A reader of the live stream after a pause: it gets the last records, and how many it lost."""

import pytest

from app.settings import Settings
from tests.support.server import serving, wait_until_ready

BATCH_EVENTS = 500


@pytest.fixture(scope="module")
def address(database, tmp_path_factory):
    """Where a service is whose stream no other test fills."""
    config = Settings(data_dir=str(tmp_path_factory.mktemp("resumption")))
    with serving(database, config) as address:
        wait_until_ready(address)
        yield address


def test_the_recent_records_come_first(follow, post, unique):
    for number in range(3):
        post({"event": f"{number}", "externalId": unique})

    reader = follow(customer=unique, recent=2)

    assert [record["event"] for record in reader.records(2)] == ["1", "2"]


def test_a_stream_resumes_after_the_last_event_id(follow, post, unique):
    with_first = follow(customer=unique)
    post({"event": "1", "externalId": unique})
    last = with_first.event("record").id
    with_first.close()
    post({"event": "2", "externalId": unique})

    reader = follow(customer=unique, headers={"Last-Event-ID": last})

    assert reader.record()["event"] == "2"


def test_a_stream_resumes_after_a_parameter(follow, post, unique):
    with_first = follow(customer=unique)
    post({"event": "1", "externalId": unique})
    last = with_first.event("record").id
    post({"event": "2", "externalId": unique})

    assert follow(customer=unique, after=last).record()["event"] == "2"


def test_a_stream_resumed_after_too_many_records_names_their_number(follow, post, unique):
    reader = follow(customer=unique)
    post({"event": "1", "externalId": unique})
    last = reader.event("record").id
    reader.close()
    events = [{"event": f"{number}", "externalId": unique} for number in range(BATCH_EVENTS)]
    for _ in range(3):  # the ring has 1,000
        post({"events": events})

    skipped = follow(customer=unique, headers={"Last-Event-ID": last}).event("skipped").content

    assert skipped["skipped"] >= BATCH_EVENTS


def test_a_slow_reader_gets_the_number_of_the_records_that_it_lost(follow, post, unique):
    reader = follow(customer=unique)
    event = {"event": "x", "externalId": unique, "properties": {"text": "x" * 8000}}
    batches = 5  # 20 MB, more than the queue and the buffers of the sockets have room for
    for _ in range(batches):
        post({"events": [event] * BATCH_EVENTS})

    seen = skipped = 0
    while seen + skipped < batches * BATCH_EVENTS:
        read = reader.next()
        seen += read.kind == "record"
        skipped += read.content["skipped"] if read.kind == "skipped" else 0

    assert skipped > 0
    assert seen + skipped == batches * BATCH_EVENTS
