"""The counts of events in memory."""

from app.activity.statistics import EventStatistics
from app.errors import IdempotencyConflict
from app.ingest.results import EventResult, IngestResult
from app.ingest.writer import RowResult


def test_an_event_that_was_not_written_hides_no_other_although_it_is_no_rejection():
    """A call of a tracking SDK with a reused `messageId` is one."""
    conflict, stored = IdempotencyConflict(), EventResult("evt_1", "cus_1", "new")
    written = RowResult("cus_1", "new", False, set(), set())
    outcomes = {("idempotency_conflict", ""): 1, ("stored", "new"): 1}
    rows = [conflict, {"event": "x"}]
    result = IngestResult([conflict, stored], False, 1, outcomes, rows, [written])
    statistics = EventStatistics()

    statistics.add_stored(60.0, result)

    assert [bucket["events"] for bucket in statistics.take()] == [[["x", 1]], [["x", 1]]]
