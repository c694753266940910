"""The services that delete old Touchpoints in the background."""

import asyncio

import pytest
from structlog.testing import capture_logs

from app.access import api_keys
from app.errors import Unavailable
from app.retention.pruner import PruneResult
from app.retention.worker import RetentionWorker
from app.settings import Settings
from tests.support import metrics
from tests.support.old_events import RECENT
from tests.support.server import serving, wait_for

pytestmark = [pytest.mark.anyio]
pytest_plugins = ["tests.support.pruning"]

DAYS = 36_500  # the longest retention of a setting


@pytest.fixture
def scraper_key(make_key):
    return make_key(api_keys.METRICS_READ)


@pytest.mark.alone
async def test_services_delete_each_old_touchpoint_once(
    database, turn, send_old, ages, ingest, scraper_key
):
    customer = send_old(20, timestamp="1901-01-01T00:00:00Z")[0]["customerId"]
    ingest(customer=customer, timestamp=RECENT)
    config = Settings(retention=DAYS)

    with serving(database, config) as one, serving(database, config) as other:
        wait_for(lambda: ages(customer) == [RECENT])
        series = [metrics.scrape(address, scraper_key) for address in (one, other)]

    assert sum(metrics.value(each, "pruned_touchpoints_total") for each in series) == 20


@pytest.mark.alone
async def test_without_a_retention_a_service_deletes_none(turn, send_old, ages):
    customer = send_old(1)[0]["customerId"]
    await asyncio.sleep(0.1)

    assert len(ages(customer)) == 1


class Scripted:
    """In place of a pruner: its outcomes one after the other, the last one again and again."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.calls = 0
        self.third = asyncio.Event()

    async def prune(self, days, by, report, *, interval):
        self.calls += 1
        if self.calls == 3:
            self.third.set()
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        report(getattr(outcome, "touchpoints", 7))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def records(*outcomes):
    """The log events of a worker until its third run."""
    pruner = Scripted(*outcomes)
    with capture_logs() as logs:
        task = asyncio.create_task(RetentionWorker(pruner, 1).watch(0))  # pyright: ignore
        await pruner.third.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return logs


async def test_a_run_that_deleted_some_is_in_the_log():
    (record,) = await records(PruneResult("2025-01-01T00:00:00Z", 41, True), None)

    assert record.pop("seconds") >= 0
    assert record == {
        "event": "touchpoints_pruned",
        "log_level": "info",
        "touchpoints": 41,
        "before": "2025-01-01T00:00:00Z",
    }


async def test_a_run_that_deleted_none_is_not_in_the_log():
    assert await records(PruneResult("2025-01-01T00:00:00Z", 0, True)) == []


async def test_a_run_that_another_process_took_over_is_in_the_log():
    (record,) = await records(PruneResult("2025-01-01T00:00:00Z", 41, False), None)

    assert (record["event"], record["touchpoints"]) == ("retention_interrupted", 41)


async def test_a_run_that_an_outage_ended_is_in_the_log_and_another_one_follows():
    (record,) = await records(Unavailable("away"), None)

    assert (record["event"], record["error"]) == ("retention_interrupted", "away")


async def test_a_defect_is_in_the_log_and_another_run_follows():
    (record,) = await records(ValueError("a defect"), None)

    assert (record["event"], record["log_level"]) == ("retention_failed", "error")
