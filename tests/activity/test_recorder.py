"""Rejections and statistics in the graph: the counts of all processes, each counted once."""

import asyncio
import time
from datetime import datetime

import pytest

from app.activity.recorder import ActivityRecorder
from app.activity.rejections import RejectionQuery, RejectionReader
from app.errors import FieldError, IdempotencyConflict, RateLimited, Unavailable
from app.ingest import payload
from app.ingest.observer import ObservedRequest, Sender

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("address")]  # which has the schema

RECENT = int(time.time()) - 3600.75  # within each retention, which services apply as they start


@pytest.fixture
def sender(unique):
    return Sender("http", f"key_{unique}", "website")


@pytest.fixture
def recorder(graph):
    return ActivityRecorder(graph)


@pytest.fixture
def read(graph, sender):
    """The groups of the sender."""

    async def groups(**query):
        page = await RejectionReader(graph).read(RejectionQuery(api_key=sender.key_id, **query))
        return page.rejections

    return groups


@pytest.fixture
def rejected(sender):
    """A request that was rejected with the errors of its fields."""

    def request(*fields, body=b'{"event": "x", "email": "jane@acme.com"}', at=RECENT, **error):
        details = [FieldError(path, message) for path, message in fields]
        return ObservedRequest(
            sender,
            at,
            payload=payload.decode(body),
            error=error.get("error") or payload.request_error(details),
        )

    return request


async def test_errors_of_one_field_are_one_group(recorder, rejected, read):
    for position in (0, 3):
        body = b'{"events": [{}, {}, {}, {}]}'
        recorder.observe(rejected((f"events[{position}].email", "must be short"), body=body))
    await recorder.write()

    (group,) = await read()

    assert (group.code, group.field, group.count) == ("invalid_payload", "email", 2)


async def test_a_group_has_the_rule_without_the_value(recorder, rejected, read):
    recorder.observe(rejected(("email", "must be an email address: jane@ is not one")))
    await recorder.write()

    assert (await read())[0].message == "must be an email address"


async def test_a_valid_event_of_a_rejected_batch_does_not_count(recorder, rejected, read):
    recorder.observe(rejected(("events[1].email", "x"), body=b'{"events": [{}, {}, {}]}'))
    await recorder.write()

    assert [group.count for group in await read()] == [1]


async def test_an_error_without_fields_counts_every_event(recorder, rejected, read):
    error = RateLimited(100, 5)
    recorder.observe(rejected(body=b'{"events": [{}, {}, {}]}', error=error))
    await recorder.write()

    (group,) = await read()

    assert (group.code, group.field, group.count) == ("rate_limited", "", 3)


async def test_the_header_of_an_idempotency_key_is_a_field(recorder, rejected, read):
    error = IdempotencyConflict(details=[FieldError("Idempotency-Key", "must be new")])
    recorder.observe(rejected(error=error))
    await recorder.write()

    assert [group.field for group in await read()] == ["Idempotency-Key"]


async def test_a_body_that_is_not_json_has_a_masked_sample(recorder, sender, read):
    error = payload.request_error([FieldError("", "must be JSON in UTF-8: x")])
    recorder.observe(ObservedRequest(sender, RECENT, raw=b'{"email": "jane@', error=error))
    await recorder.write()

    assert (await read())[0].sample == {"…": '{"*****": "****@'}


async def test_the_latest_sample_is_masked(recorder, rejected, read):
    for body in (b'{"event": "first"}', b'{"event": "called", "phone": "+1415555267l"}'):
        recorder.observe(rejected(("phone", "must be a phone number"), body=body))
    await recorder.write()

    assert (await read())[0].sample == {"event": "called", "phone": "+141*******x"}


async def test_an_operator_turns_samples_off(graph, rejected, read):
    recorder = ActivityRecorder(graph, has_samples=False)
    recorder.observe(rejected(("email", "x")))
    await recorder.write()

    assert (await read())[0].sample is None


async def test_the_reader_returns_no_sample_if_they_are_turned_off(
    graph, recorder, rejected, sender
):
    recorder.observe(rejected(("email", "x")))
    await recorder.write()
    reader = RejectionReader(graph, has_samples=False)

    page = await reader.read(RejectionQuery(api_key=sender.key_id))

    assert [group.sample for group in page.rejections] == [None]


async def test_a_field_that_may_be_personal_is_masked(recorder, rejected, read):
    recorder.observe(rejected(("jane@acme.com", "must be a known field")))
    await recorder.write()

    assert [group.field for group in await read()] == ["****@****.***"]


async def test_requests_without_a_key_have_a_group(recorder, graph, unique):
    error = RateLimited(1, 1)
    error.code = f"of_{unique}"  # other tests reject requests without a key too
    recorder.observe(ObservedRequest(Sender("http"), time.time(), error=error))
    await recorder.write()

    (row,) = await graph.read(
        "rejections_of_key", apiKey="", before=None, code=error.code, field=None, limit=10
    )
    assert [group["count"] for group in row["groups"]] == [1]


async def test_several_processes_add_up(graph, rejected, read):
    recorders = [ActivityRecorder(graph) for _ in range(4)]
    for recorder in recorders:
        for _ in range(10):
            recorder.observe(rejected(("email", "x"), ("phone", "y")))

    await asyncio.gather(*(recorder.write() for recorder in recorders))

    assert {group.field: group.count for group in await read()} == {"email": 40, "phone": 40}


async def test_the_times_of_a_group_are_the_first_and_the_last_of_all(graph, rejected, read):
    for at in (RECENT + 1, RECENT + 2, RECENT):
        recorder = ActivityRecorder(graph)
        recorder.observe(rejected(("email", f"at {at - RECENT}"), at=at))
        await recorder.write()

    (group,) = await read()

    assert datetime.fromisoformat(group.first_seen).timestamp() == RECENT
    assert datetime.fromisoformat(group.last_seen).timestamp() == RECENT + 2
    assert group.message == "at 2.0"


async def test_a_write_whose_reply_was_lost_counts_once(graph, rejected, read, monkeypatch):
    recorder = ActivityRecorder(graph)
    recorder.observe(rejected(("email", "x")))
    write = graph.write

    async def lose(*arguments, **parameters):
        await write(*arguments, **parameters)
        raise Unavailable

    monkeypatch.setattr(graph, "write", lose)
    with pytest.raises(Unavailable):
        await recorder.write()
    monkeypatch.undo()
    recorder.observe(rejected(("email", "x")))
    await recorder.write()  # repeats the first
    await recorder.write()

    assert [group.count for group in await read()] == [2]


async def test_attempts_at_one_write_at_the_same_time_count_once(graph, rejected, read):
    recorder = ActivityRecorder(graph)
    recorder.observe(rejected(("email", "x")))
    graph.disable()
    with pytest.raises(Unavailable):
        await recorder.write()
    graph.enable()
    batch = recorder._unwritten

    await asyncio.gather(*(graph.write("activity_record", batch=batch) for _ in range(8)))

    assert [group.count for group in await read()] == [1]


async def test_a_defect_does_not_stop_later_writes(graph, rejected, read):
    recorder = ActivityRecorder(graph)
    recorder.observe(rejected(("email", "x")))
    recorder._unwritten = {"writer": None}  # Neo4j rejects it
    with pytest.raises(Exception, match="null"):
        await recorder.write()
    await recorder.write()

    assert [group.count for group in await read()] == [1]


async def test_an_api_key_has_its_latest_200_groups_and_the_count_of_the_others(
    recorder, rejected, read
):
    fields = [f"{letter}{number}" for letter in "ab" for number in range(150)]
    for number, field in enumerate(fields):
        recorder.observe(rejected((field, "x"), at=RECENT + number))
        if number % 150 == 149:
            await recorder.write()

    groups = await read(limit=200)
    (other,) = await read(code="other")

    assert [g.field for g in groups if g.code != "other"] == fields[:99:-1]
    assert other.count == 100


async def test_groups_for_which_memory_has_no_room_are_counted(recorder, rejected, read):
    for number in range(250):
        recorder.observe(rejected((f"f{number}", "x")))
    await recorder.write()

    (other,) = await read(code="other")

    assert other.count == 50


async def test_pages_follow_each_other(recorder, rejected, graph, sender):
    for number in range(5):
        recorder.observe(rejected((f"f{number}", "x"), at=RECENT + number))
    await recorder.write()
    reader, seen, cursor = RejectionReader(graph), [], None
    for _ in range(3):
        query = RejectionQuery(api_key=sender.key_id, limit=2, cursor=cursor)
        page = await reader.read(query)
        seen += [group.field for group in page.rejections]
        cursor = page.next_cursor

    assert (seen, cursor) == (["f4", "f3", "f2", "f1", "f0"], None)


async def test_pages_of_all_keys_follow_each_other(recorder, rejected, graph, sender):
    fields = [f"f{number}" for number in range(5)]
    for number, field in enumerate(fields):
        recorder.observe(rejected((field, "x"), at=time.time() + 3600 + number))
    await recorder.write()
    reader, seen, cursor = RejectionReader(graph), [], None
    while len(seen) < 5:
        page = await reader.read(RejectionQuery(limit=2, cursor=cursor))
        seen += [g.field for g in page.rejections if g.api_key == sender.key_id]
        cursor = page.next_cursor

    assert seen == fields[::-1]


@pytest.mark.parametrize(
    "query", [{"code": "rate_limited"}, {"field": "phone"}, {"api_key": "key_other"}]
)
async def test_a_filter_leaves_others_out(recorder, rejected, graph, query):
    recorder.observe(rejected(("email", "x"), at=time.time()))
    await recorder.write()

    page = await RejectionReader(graph).read(RejectionQuery(**query))

    assert not [
        group
        for group in page.rejections
        if group.field == "email" and group.code == "invalid_payload"
    ]
