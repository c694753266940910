"""Group commit, with a write that the tests hold and release."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from app.errors import Unavailable
from app.ingest import commit_control, group_commit
from app.ingest.group_commit import GroupCommit
from app.ingest.write_queue import AtomicGroup, WriteQueue

pytestmark = pytest.mark.anyio

BUSY = 5  # rows


class Writes:
    """A write that waits until it is let go, and echoes its rows."""

    def __init__(self):
        self.calls = []
        self.deadlines = []
        self.release = asyncio.Event()
        self.news = asyncio.Condition()
        self.poison = None

    async def __call__(self, groups, deadline):
        rows = [row for group in groups for row in group.rows]
        self.calls.append([row["n"] for row in rows])
        self.deadlines.append(deadline)
        async with self.news:
            self.news.notify_all()
        await self.release.wait()
        if self.poison is not None and {"n": self.poison} in rows:
            raise ValueError("poison")
        return rows

    async def called(self, times):
        """Returns when it was called so many times."""
        async with self.news:
            await self.news.wait_for(lambda: len(self.calls) == times)


@pytest.fixture
async def writes():
    return Writes()


@contextlib.asynccontextmanager
async def committing(writes, deadline=30.0, **options):
    commits = GroupCommit(writes, deadline, **options)
    task = asyncio.create_task(commits.run())
    try:
        yield commits
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def submit(commits, *numbers, size=1, flow=""):
    group = AtomicGroup([{"n": n} for n in numbers])
    return asyncio.create_task(commits.submit([group], size, flow))


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


async def busy(commits):
    """Occupies every writer, with more each than the tests have."""
    tasks = []
    for number in range(group_commit.WRITERS):
        tasks.append(submit(commits, *["busy"] * BUSY * (number + 1)))
        await settle()
    return tasks


async def test_a_single_write_does_not_wait(writes):
    async with committing(writes) as commits:
        writes.release.set()

        assert await submit(commits, 1, 2) == [{"n": 1}, {"n": 2}]


async def test_writes_that_arrive_during_commits_share_the_next_one(writes):
    async with committing(writes) as commits:
        first = await busy(commits)
        later = [submit(commits, n) for n in range(5)]
        await settle()
        writes.release.set()
        await asyncio.gather(*first, *later)

    assert writes.calls[group_commit.WRITERS :] == [[0, 1, 2, 3, 4]]


async def test_fewer_than_a_commit_has_wait_for_its_end(writes):
    async with committing(writes, max_batch_wait=60.0) as commits:
        tasks = [submit(commits, *range(5))]
        await settle()
        tasks += [submit(commits, n) for n in range(4)]
        await settle()
        assert writes.calls == [[0, 1, 2, 3, 4]]
        writes.release.set()
        await asyncio.gather(*tasks)

    assert writes.calls == [[0, 1, 2, 3, 4], [0, 1, 2, 3]]


@pytest.mark.parametrize(("running", "waiting"), [(5, 5), (500, group_commit.PARALLEL_COMMIT_ROWS)])
async def test_a_queue_as_long_as_a_commit_is_committed_in_parallel(writes, running, waiting):
    async with committing(writes) as commits:
        tasks = [submit(commits, *range(running))]
        await settle()
        tasks += [submit(commits, n) for n in range(waiting)]
        await settle()
        assert writes.calls == [list(range(running)), list(range(waiting))]
        writes.release.set()
        await asyncio.gather(*tasks)


async def test_no_write_waits_long_for_the_end_of_a_commit(writes):
    async with committing(writes, max_batch_wait=0.01) as commits:
        tasks = [submit(commits, 1, 2)]
        await settle()
        tasks.append(submit(commits, 3))
        async with asyncio.timeout(10):
            await writes.called(2)
        writes.release.set()
        await asyncio.gather(*tasks)

    assert writes.calls == [[1, 2], [3]]


async def test_each_caller_gets_its_own_rows(writes):
    async with committing(writes) as commits:
        await busy(commits)
        tasks = [submit(commits, *range(n, n + n)) for n in range(1, 6)]
        await settle()
        writes.release.set()

        assert [len(rows) for rows in await asyncio.gather(*tasks)] == [1, 2, 3, 4, 5]


async def test_a_commit_takes_no_more_rows_than_its_limit(writes):
    limit = commit_control.MIN_COMMIT_ROWS
    async with committing(writes) as commits:
        await busy(commits)
        tasks = [submit(commits, *range(limit)) for _ in range(2)]
        await settle()
        writes.release.set()
        await asyncio.gather(*tasks)

    assert [len(call) for call in writes.calls[group_commit.WRITERS :]] == [limit] * 2


async def test_a_request_above_the_limit_is_one_commit(writes):
    writes.release.set()
    async with committing(writes) as commits:
        await submit(commits, *range(500))

    assert [len(call) for call in writes.calls] == [500]


async def test_two_commits_above_the_limit_do_not_run_at_once(writes):
    async with committing(writes) as commits:
        tasks = [submit(commits, *range(500)) for _ in range(2)]
        await settle()
        assert len(writes.calls) == 1
        writes.release.set()
        await asyncio.gather(*tasks)


async def test_the_limit_grows_with_commits_that_are_fast(writes):
    writes.release.set()
    async with committing(writes) as commits:
        for _ in range(4):
            await submit(commits, *range(500))
        writes.release.clear()
        first = submit(commits, *range(500))
        await settle()
        second = submit(commits, *range(500))
        await settle()
        assert [len(call) for call in writes.calls[4:]] == [500, 500]
        writes.release.set()
        await asyncio.gather(first, second)


async def test_callers_take_turns_at_any_rate_of_one_of_them(writes):
    async with committing(writes) as commits:
        first = await busy(commits)
        flood = [submit(commits, *[f"flood {n}"] * 32, flow="flood") for n in range(3)]
        await settle()
        lone = submit(commits, "lone", flow="other")
        await settle()
        writes.release.set()
        await asyncio.gather(*first, *flood, lone)

    order = dict.fromkeys(name for call in writes.calls for name in call)
    assert list(order) == ["busy", "flood 0", "lone", "flood 1", "flood 2"]


async def test_a_commit_has_the_latest_deadline_of_its_callers(writes):
    loop = asyncio.get_running_loop()
    async with committing(writes, deadline=30.0) as commits:
        first = await busy(commits)
        tasks = [submit(commits, 1)]
        await asyncio.sleep(0.05)
        tasks.append(submit(commits, 2))
        since = loop.time()
        await settle()
        writes.release.set()
        await asyncio.gather(*first, *tasks)

    assert since <= writes.deadlines[-1] - 30.0 < since + 10


async def test_a_failing_event_fails_no_other_caller(writes):
    writes.poison = 2
    async with committing(writes) as commits:
        await busy(commits)
        tasks = [submit(commits, n) for n in range(4)]
        await settle()
        with capture_logs() as records:
            writes.release.set()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [list, list, ValueError, list]
    assert [(record["event"], record["writes"]) for record in records] == [
        ("group_commit_split", 4)
    ]


async def test_a_queue_at_its_limit_of_rows_rejects(writes):
    async with committing(writes, queue=WriteQueue(max_rows=10)) as commits:
        waiting = [*await busy(commits), submit(commits, 1, 2, 3)]
        await settle()

        with pytest.raises(Unavailable):
            await submit(commits, *range(8))

        writes.release.set()
        await asyncio.gather(*waiting)


async def test_a_queue_at_its_limit_of_bytes_rejects(writes):
    async with committing(writes, queue=WriteQueue(max_bytes=10)) as commits:
        waiting = [*await busy(commits), submit(commits, 1, size=10)]
        await settle()

        with pytest.raises(Unavailable):
            await submit(commits, 2)

        writes.release.set()
        await asyncio.gather(*waiting)


async def test_a_drained_queue_takes_again(writes):
    async with committing(writes, queue=WriteQueue(max_rows=10)) as commits:
        first = [*await busy(commits), submit(commits, *range(10))]
        await settle()
        writes.release.set()
        await asyncio.gather(*first)

        assert len(await submit(commits, *range(10))) == 10


async def test_a_write_ends_with_its_deadline(writes):
    async with committing(writes, deadline=0.01) as commits:
        with pytest.raises(Unavailable):
            await submit(commits, 1)


async def test_a_caller_that_left_the_queue_is_not_written(writes):
    async with committing(writes) as commits:
        first = await busy(commits)
        gone, stays = submit(commits, "gone"), submit(commits, "stays")
        await settle()
        gone.cancel()
        await settle()
        writes.release.set()
        await asyncio.gather(*first, stays)

    assert writes.calls[-1] == ["stays"]


async def test_when_it_stops_every_waiter_gets_an_error(writes):
    async with committing(writes) as commits:
        tasks = [*await busy(commits), submit(commits, 1)]
        await settle()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {Unavailable}


async def test_a_writer_that_dies_is_replaced_and_its_waiters_get_an_error(writes, monkeypatch):
    async with committing(writes) as commits:
        writes.release.set()
        with monkeypatch.context() as patch:
            patch.setattr(commits, "_commit", _die)
            with capture_logs() as records:
                with pytest.raises(Unavailable):
                    await submit(commits, 1)
                await settle()

        assert await submit(commits, 2) == [{"n": 2}]
    assert [record["event"] for record in records] == ["group_commit_failed"]


async def _die(batch):
    raise RuntimeError("a defect of ours")
