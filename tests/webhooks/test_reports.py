"""The metrics and log events of webhooks, and the finding of `waypath check`."""

import asyncio

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from app.cli import check
from app.errors import Unavailable
from app.observability.metrics import Metrics
from tests.support import metrics

pytest_plugins = ["tests.support.delivering", "tests.support.reviewing"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def own_metrics():
    return Metrics()


@pytest.fixture
def series(own_metrics):
    """The value of a metric of the test's own."""

    def value(name, **labels):
        text = generate_latest(own_metrics.registry).decode()
        return metrics.value(metrics.parse(text), name, **labels)

    return value


@pytest.fixture
async def failed(make_worker, receiver, merged, own_metrics):
    """Lets the delivery of a merge fail with a status, and gives the worker and the merge."""

    async def fail(status):
        worker = make_worker(metrics=own_metrics)
        await worker.deliver()
        merge_id = merged()
        receiver.responses[merge_id] = [status]
        await worker.deliver()
        return worker, merge_id

    return fail


@pytest.fixture
async def failure(failed):
    return await failed(500)


async def test_a_message_that_fails_has_a_lag(failure, series):
    assert series("webhook_lag_seconds") > 0


async def test_a_process_that_has_no_turn_reports_no_lag(failure, make_worker):
    other = Metrics()
    await make_worker(metrics=other).deliver()

    text = generate_latest(other.registry).decode()
    assert metrics.value(metrics.parse(text), "webhook_lag_seconds") == 0


async def test_after_410_the_lag_grows(failed, series):
    worker, _ = await failed(410)
    before = series("webhook_lag_seconds")
    await worker.deliver()

    assert series("webhook_lag_seconds") > before


async def test_after_the_delivery_the_lag_is_0(failure, series):
    worker, _ = failure
    await worker.deliver()

    assert series("webhook_lag_seconds") == 0


async def test_attempts_are_counted_by_their_outcome(failure, series):
    worker, _ = failure
    await worker.deliver()

    assert series("webhook_attempts_total", outcome="failed") == 1
    assert series("webhook_attempts_total", outcome="delivered") >= 1


async def test_a_failure_is_in_the_log_without_the_url(failed):
    with capture_logs() as records:
        _, merge_id = await failed(500)

    assert records == [
        {
            "event": "webhook_delivery_failed",
            "log_level": "warning",
            "message": f"{merge_id}-merge",
            "failures": 1,
            "error": "status 500",
            "retry_seconds": 0,
        }
    ]


async def test_the_recovery_is_in_the_log_once(failure):
    worker, merge_id = failure
    with capture_logs() as records:
        await worker.deliver()
        await worker.deliver()

    assert records == [
        {
            "event": "webhook_delivery_recovered",
            "log_level": "info",
            "message": f"{merge_id}-merge",
            "failures": 1,
        }
    ]


async def test_a_receiver_that_is_gone_is_in_the_log_once(failed):
    with capture_logs() as records:
        worker, merge_id = await failed(410)
        await worker.deliver()

    assert records == [
        {
            "event": "webhook_receiver_gone",
            "log_level": "error",
            "message": f"{merge_id}-merge",
        }
    ]


class Scripted:
    """In place of the state: an error in the first turn, and none of its own in later ones."""

    def __init__(self, error):
        self.error = error
        self.second = asyncio.Event()

    async def begin(self):
        if self.error:
            error, self.error = self.error, None
            raise error
        self.second.set()

    async def end(self):
        pass


@pytest.mark.parametrize(
    ("error", "events"),
    [(Unavailable("away"), []), (ValueError("a defect"), ["webhook_worker_failed"])],
)
async def test_an_error_ends_no_worker_and_a_defect_is_in_the_log(make_worker, error, events):
    worker = make_worker()
    worker._state = Scripted(error)
    with capture_logs() as records:
        task = asyncio.create_task(worker.watch(0))
        await worker._state.second.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert [record["event"] for record in records] == events


async def test_a_check_reports_that_nothing_has_begun(graph, unique):
    finding = await check.webhook_finding(graph, unique)

    assert (finding.is_ok, finding.text) == (True, "no process has begun to deliver")


async def test_a_check_reports_the_last_delivery(failure, graph, unique):
    worker, _ = failure
    await worker.deliver()

    finding = await check.webhook_finding(graph, unique)

    assert finding.is_ok
    assert finding.text.startswith("the last delivery was at 2")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (500, "status 500 (correct the receiver)"),
        (410, "status 410 (stopped: set another WAYPATH_WEBHOOK_URL, or run waypath webhooks"),
    ],
)
async def test_a_check_reports_failures_with_their_action(failed, graph, unique, status, text):
    await failed(status)

    finding = await check.webhook_finding(graph, unique)

    assert not finding.is_ok
    assert finding.text.startswith("1 failed attempts since 2")
    assert text in finding.text
