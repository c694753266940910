"""Work on the database that is repeated in the background."""

import asyncio

import pytest

from app.errors import Unavailable
from app.graph.periodic import repeat

pytestmark = pytest.mark.anyio


async def repeated(errors):
    """Repeats work that raises these errors, one each time, and gives the logged defects."""
    remaining, logged, done = [*errors], [], asyncio.Event()

    async def work():
        if remaining:
            raise remaining.pop(0)
        done.set()

    task = asyncio.create_task(repeat(work, 0, lambda: logged.append("defect")))
    await done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return logged


async def test_work_is_repeated_while_the_database_is_unavailable_without_a_log():
    assert await repeated([Unavailable("away"), Unavailable("away")]) == []


async def test_a_defect_is_logged_each_time_and_the_work_is_repeated():
    assert await repeated([ValueError(), KeyError()]) == ["defect", "defect"]
