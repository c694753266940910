"""The deletion of old Touchpoints: which ones, in which transactions, by which process."""

import pytest

from app.observability.metrics import Metrics
from app.retention.pruner import COMMAND_LINE, SETTING, PruneLimits, Pruner
from tests.support import metrics
from tests.support.old_events import DAYS, OLD, RECENT

pytestmark = [pytest.mark.anyio, pytest.mark.alone, pytest.mark.usefixtures("turn")]
pytest_plugins = ["tests.support.pruning"]

ENTRIES = "MATCH (p:Prune) RETURN p.by AS by, p.touchpoints AS touchpoints ORDER BY p.at"


async def test_touchpoints_that_occurred_before_are_deleted(pruner, send_old, ages, ingest):
    customer = send_old(3)[0]["customerId"]
    ingest(customer=customer, timestamp=RECENT)

    result = await pruner.prune(DAYS, COMMAND_LINE)

    assert (result.touchpoints, result.is_complete, ages(customer)) == (3, True, [RECENT])


async def test_the_first_count_of_a_pruner_creates_the_index(pruner, graph, cypher):
    cypher("DROP INDEX touchpoint_occurred_at IF EXISTS")

    await pruner.preview(DAYS)

    states = [
        row["state"]
        for row in await graph.read("schema_indexes")
        if (row["labels"], row["properties"]) == (["Touchpoint"], ["occurredAt"])
    ]
    assert states == ["ONLINE"]


async def test_an_equivalent_index_of_another_name_is_used(pruner, cypher, send_old):
    cypher("DROP INDEX touchpoint_occurred_at IF EXISTS")
    cypher("CREATE INDEX mine FOR (t:Touchpoint) ON (t.occurredAt)")
    send_old(1)

    result = await pruner.prune(DAYS, COMMAND_LINE)

    cypher("DROP INDEX mine")
    assert result.touchpoints == 1


async def test_a_touchpoint_that_occurred_right_at_the_time_stays(pruner, send_old, ages, cypher):
    customer = send_old(1)[0]["customerId"]
    before = (await pruner.preview(DAYS)).before
    cypher(
        "MATCH (t:Touchpoint {customerId: $id}) SET t.occurredAt = datetime($at) + "
        "duration('PT1H')",
        id=customer,
        at=before,
    )

    assert ((await pruner.prune(DAYS, COMMAND_LINE)).touchpoints, ages(customer)) == (0, [OLD])


async def test_the_customer_and_its_identifiers_stay(pruner, send_old, identity, unique):
    customer = send_old(2, externalId=unique)[0]["customerId"]

    await pruner.prune(DAYS, COMMAND_LINE)

    assert identity(customer) == [f"email:{unique}@x.com", f"externalId:{unique}"]


@pytest.fixture
def identity(cypher):
    def of(customer):
        rows = cypher(
            "MATCH (i:Identifier)-[:IDENTIFIES]->(:Customer {id: $id}) "
            "RETURN i.kind + ':' + i.value AS name ORDER BY name",
            id=customer,
        )
        return [row["name"] for row in rows]

    return of


async def test_a_transaction_deletes_a_bounded_number(pruner, send_old):
    send_old(5)
    reports = []

    await pruner.prune(DAYS, COMMAND_LINE, reports.append)

    assert reports == [2, 4, 5]


async def test_a_preview_counts_them_and_deletes_none(pruner, send_old, ages):
    customer = send_old(3)[0]["customerId"]

    preview = await pruner.preview(DAYS)

    assert (preview.touchpoints, preview.oldest, len(ages(customer))) == (3, OLD, 3)


@pytest.mark.parametrize("scan", [1, 2, 3, 100])
async def test_a_preview_counts_touchpoints_of_one_time_once(graph, send_old, scan):
    for second in (0, 1, 1, 1, 2):
        send_old(1, timestamp=f"1001-01-01T00:00:0{second}Z")

    preview = await Pruner(graph, limits=PruneLimits(scan=scan)).preview(DAYS)

    assert preview.touchpoints == 5


async def test_a_preview_of_nothing_has_no_time(pruner):
    preview = await pruner.preview(DAYS)

    assert (preview.touchpoints, preview.oldest) == (0, None)


async def test_an_identifier_that_was_never_attached_is_deleted(pruner, send_old, cypher, unique):
    (event,) = send_old(1)
    find = "MATCH (i:Identifier {kind: 'phone', value: $value}) RETURN i"
    cypher(
        "MATCH (t:Touchpoint {id: $id}) SET t.beyondLimit = ['phone:' + $value] "
        "CREATE (:Identifier {kind: 'phone', value: $value})",
        id=event["eventId"],
        value=unique,
    )

    await pruner.prune(DAYS, COMMAND_LINE)

    assert cypher(find, value=unique) == []


async def test_an_identifier_that_was_attached_later_stays(
    pruner, send_old, cypher, identity, unique
):
    (event,) = send_old(1)
    cypher(
        "MATCH (t:Touchpoint {id: $id}) SET t.beyondLimit = ['email:' + $value]",
        id=event["eventId"],
        value=f"{unique}@x.com",
    )

    await pruner.prune(DAYS, COMMAND_LINE)

    assert identity(event["customerId"]) == [f"email:{unique}@x.com"]


async def test_after_a_failure_another_process_begins_at_once(pruner, send_old, ages):
    customer = send_old(3)[0]["customerId"]
    with pytest.raises(ZeroDivisionError):
        await pruner.prune(DAYS, COMMAND_LINE, lambda _: 1 / 0)

    # The one that ended early has given its lease back, after its first transaction.
    result = await pruner.prune(DAYS, COMMAND_LINE)

    assert (result.touchpoints, ages(customer)) == (1, [])


def hold_lease(cypher, seconds):
    """As a process that began, and makes no transaction."""
    cypher(
        "MERGE (lease:PruneLease {name: 'touchpoints'}) "
        "SET lease.holder = 'another', lease.deleted = 0, "
        "lease.expiresAt = datetime() + duration({seconds: $seconds})",
        seconds=seconds,
    )


async def test_a_process_that_has_the_lease_keeps_others_out(pruner, send_old, cypher, ages):
    customer = send_old(1)[0]["customerId"]
    hold_lease(cypher, 30)

    assert (await pruner.prune(DAYS, COMMAND_LINE), len(ages(customer))) == (None, 1)


async def test_another_process_takes_over_from_one_that_was_killed(pruner, send_old, cypher):
    send_old(1)
    hold_lease(cypher, -1)

    assert (await pruner.prune(DAYS, COMMAND_LINE)).touchpoints == 1


async def test_a_process_that_lost_the_lease_deletes_no_more(pruner, send_old, cypher, ages):
    customer = send_old(5)[0]["customerId"]

    def lose(_):
        cypher("MATCH (lease:PruneLease) SET lease.holder = 'another'")

    result = await pruner.prune(DAYS, COMMAND_LINE, lose)

    assert (result.touchpoints, result.is_complete, len(ages(customer))) == (2, False, 3)


async def test_a_process_that_lost_the_lease_leaves_it_to_the_other(pruner, send_old, cypher):
    send_old(3)

    def lose(_):
        cypher("MATCH (lease:PruneLease) SET lease.holder = 'another'")

    await pruner.prune(DAYS, COMMAND_LINE, lose)

    assert cypher("MATCH (lease:PruneLease) RETURN lease.holder AS holder") == [
        {"holder": "another"}
    ]


async def test_after_a_complete_run_there_is_none_for_the_interval(pruner):
    await pruner.prune(DAYS, SETTING, interval=60)

    assert await pruner.prune(DAYS, SETTING, interval=60) is None


async def test_another_number_of_days_needs_a_run_at_once(pruner):
    await pruner.prune(DAYS, SETTING, interval=60)

    assert await pruner.prune(DAYS + 1, SETTING, interval=60)


async def test_a_command_runs_at_once(pruner):
    await pruner.prune(DAYS, SETTING, interval=60)

    assert await pruner.prune(DAYS, COMMAND_LINE)


async def test_the_runs_of_a_day_have_one_entry_in_the_audit_log(pruner, send_old, cypher):
    for _ in range(2):
        send_old(3)
        await pruner.prune(DAYS, SETTING)

    assert cypher(ENTRIES) == [{"by": "retention", "touchpoints": 6}]


async def test_each_command_has_an_entry_of_its_own(pruner, send_old, cypher):
    for _ in range(2):
        send_old(3)
        await pruner.prune(DAYS, COMMAND_LINE)

    assert cypher(ENTRIES) == [{"by": "cli", "touchpoints": 3}] * 2


async def test_a_run_without_a_deletion_has_no_entry(pruner, cypher):
    await pruner.prune(DAYS, SETTING)

    assert cypher(ENTRIES) == []


@pytest.mark.parametrize(("now", "is_before"), [(0, True), (10**10, False)])
async def test_the_earlier_one_of_two_clocks_counts(graph, now, is_before):
    (row,) = await graph.write(
        "prune_begin",
        holder="prn_test",
        by=SETTING,
        days=1,
        now=[now, 0],
        lease=0,
        interval=0,
    )

    assert (row["before"][0] == now - 24 * 3600) == is_before
    assert row["before"][0] < 5 * 10**9


async def test_the_metric_counts_the_deleted_touchpoints(graph, send_old):
    send_old(3)
    own = Metrics()

    await Pruner(graph, own, limits=PruneLimits(batch=2, pause=0)).prune(DAYS, SETTING)

    series = metrics.parse(own.render().decode())
    assert metrics.value(series, "pruned_touchpoints_total") == 3


async def test_the_metric_has_the_time_by_which_the_oldest_is_overdue(graph, send_old):
    send_old(3)
    own, seen = Metrics(), []

    def report(_):
        series = metrics.parse(own.render().decode())
        seen.append(metrics.value(series, "retention_overdue_seconds"))

    await Pruner(graph, own, limits=PruneLimits(batch=2, pause=0)).prune(DAYS, SETTING, report)

    assert seen[0] > 10**9
    assert seen[-1] == 0
