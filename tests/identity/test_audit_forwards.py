"""`GET /v1/identity/changes?after=…`: the audit log, read forwards."""

import msgspec
import pytest

from app.domain import timestamps
from app.errors import InvalidPayload
from app.identity.audit import AuditQuery, AuditReader

pytest_plugins = ["tests.support.reviewing"]


@pytest.fixture
def start():
    """The time before the changes of the test."""
    return timestamps.now()[0]


@pytest.fixture
def follow(graph):
    """All entries after a position, and the position after them; those that are settled."""

    async def read(after, settling=0, limit=50):
        entries = []
        while True:
            query = AuditQuery(after=after, limit=limit)
            page = await AuditReader(graph, settling).read(query)
            entries += page.changes
            after = page.next_cursor
            if len(page.changes) < limit:
                return entries, after

    return read


@pytest.fixture
def merged(person, merge):
    """A merge of two new Customers."""
    return lambda name="jo": merge(person(name), person(f"{name}2"))["mergeId"]


pytestmark = pytest.mark.anyio


async def test_the_earliest_entry_is_first(start, merged, undo, follow):
    merges = [merged("a"), merged("b")]

    entries, _ = await follow(start)

    assert [entry.id for entry in entries if entry.id in merges] == merges


@pytest.mark.parametrize("limit", [1, 2, 200])
async def test_every_entry_is_returned_once(start, merged, follow, limit):
    merges = {merged("a"), merged("b"), merged("c")}

    entries, _ = await follow(start, limit=limit)

    assert sorted(entry.id for entry in entries if entry.id in merges) == sorted(merges)


async def test_an_undo_comes_after_its_merge(start, merged, undo, follow):
    merge_id = merged()
    undo({"mergeId": merge_id})

    entries, _ = await follow(start)

    own = [(entry.kind, entry.undone) for entry in entries if entry.id == merge_id]
    assert own == [("merge", True), ("undo", False)]


async def test_the_next_page_begins_where_the_last_one_ended(start, merged, follow):
    first = merged("a")
    _, after = await follow(start)
    second = merged("b")

    entries, _ = await follow(after)

    ids = [entry.id for entry in entries]
    assert (first in ids, second in ids) == (False, True)


async def test_an_entry_that_is_not_settled_is_left_out(start, merged, follow):
    merge_id = merged()

    entries, after = await follow(start, settling=3600)

    assert merge_id not in [entry.id for entry in entries]
    assert after


async def test_an_entry_that_was_left_out_is_returned_later(start, merged, follow):
    merge_id = merged()
    _, after = await follow(start, settling=3600)

    entries, _ = await follow(after)

    assert merge_id in [entry.id for entry in entries]


@pytest.mark.parametrize("after", ["yesterday", "e30"])
async def test_a_malformed_position_is_a_validation_error(graph, after):
    with pytest.raises(InvalidPayload) as error:
        await AuditReader(graph).read(AuditQuery(after=after))

    assert [detail.path for detail in error.value.details] == ["after"]


@pytest.mark.parametrize("query", [AuditQuery(customer="x"), AuditQuery(cursor="x")])
async def test_another_filter_is_a_validation_error(graph, start, query):
    with pytest.raises(InvalidPayload) as error:
        await AuditReader(graph).read(msgspec.structs.replace(query, after=start))

    assert [detail.message for detail in error.value.details] == [
        "must not be sent together with after"
    ]


def test_the_route_reads_forwards(reviewer, address):
    page = reviewer.get("/v1/identity/changes", params={"after": "2999-01-01T00:00:00Z"}).json()

    assert page["changes"] == []
    assert page["nextCursor"]
