"""A Neo4j that runs half of the time, one whose disk stalls, and one that is out of memory."""

import asyncio
import contextlib
import subprocess
import time
from contextlib import ExitStack

import pytest
from neo4j.exceptions import DriverError, TransientError

from tests.support.faults.service import Service

pytestmark = pytest.mark.anyio

MORE = 50  # acknowledged events before a fault, so that each hits a load
STALL = 2  # seconds
DISK_SIZE = "1G"  # of a sparse file
STEP = """
WITH reduce(text = 'x', _ IN range(1, 15) | text + text) AS text
UNWIND range(1, 20) AS number
CREATE (:Filler {text: text + $step + number})
"""
STEPS = 32  # of 0.7 MB each, in one transaction
OUT_OF_MEMORY = (
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
    "Neo.TransientError.General.OutOfMemoryError",
)


@pytest.fixture
def disk(tmp_path):
    """The directory of an ext4 file system of its own, in a file, that can be frozen."""
    image, directory = tmp_path / "disk.img", tmp_path / "disk"
    directory.mkdir()
    with ExitStack() as clean_up:
        try:
            clean_up.callback(image.unlink, missing_ok=True)
            _run("truncate", "--size", DISK_SIZE, image)
            _run("mkfs.ext4", "-q", image)
            _run("mount", "-o", "loop", image, directory)  # umount frees the loop device
            clean_up.callback(_unmount, directory)
            _stall(directory, 0)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = getattr(error, "stderr", None) or error
            pytest.skip(f"cannot mount and freeze a file system (root can): {reason}")
        yield directory


@pytest.fixture
def service_on_disk(disk, tmp_path):
    """A service on an embedded Neo4j whose data is on `disk`; the log of the service is not."""
    service = Service(tmp_path, data=disk)
    yield service
    _unfreeze(disk)
    service.end()


@pytest.mark.parametrize("pause", [0.1, 1, 4, 6], ids="{}s".format)
async def test_every_request_succeeds_while_neo4j_runs_half_of_the_time(
    scenario, amounts, embedded_service, pause
):
    it = embedded_service
    if not it.is_up:
        await it.start()
    async with scenario.senders(it) as senders:
        await senders.acknowledged(MORE)
        for _ in range(max(1, round(amounts.pausing / pause / 2))):
            with it.paused_neo4j():
                await asyncio.sleep(pause)
            scenario.faults += 1
            await asyncio.sleep(pause)
        scenario.recoveries.append(await senders.recovered(time.monotonic()))
    assert scenario.ledger.slowest() > pause / 2, "no request was sent during a pause"
    assert _statuses(scenario) == {200}
    scenario.judge(it)


async def test_every_request_succeeds_while_the_disk_stalls_for_2_seconds(
    scenario, amounts, disk, service_on_disk
):
    it = service_on_disk
    await it.start()
    async with scenario.senders(it) as senders:
        for _ in range(amounts.disk_stalls):
            await senders.acknowledged(MORE)
            await asyncio.sleep(scenario.rng.uniform(0, 0.5))
            await asyncio.to_thread(_stall, disk, STALL)
            scenario.faults += 1
            scenario.recoveries.append(await senders.recovered(time.monotonic()))
    assert scenario.ledger.slowest() > STALL / 2, "no commit waited for the disk"
    assert _statuses(scenario) == {200}
    scenario.judge(it)


async def test_requests_return_200_or_503_while_neo4j_is_out_of_memory_and_200_after(
    scenario, amounts, embedded_service
):
    it = embedded_service
    if not it.is_up:
        await it.start()
    async with scenario.senders(it) as senders:
        await senders.acknowledged(MORE)
        before, pid = it.log(), it.neo4j_pid
        scenario.faults = await asyncio.to_thread(_fill_memory, it, amounts.seconds)
        back = await it.neo4j_back()
        # A Neo4j that is out of transaction memory is busy; only a stopped one is unavailable.
        assert "database_unavailable" not in it.log()[len(before) :] or it.neo4j_pid != pid
        scenario.recoveries.append(await senders.recovered(back))
        await senders.acknowledged(MORE)
    assert _statuses(scenario) <= {200, 503}
    scenario.judge(it)


def _statuses(scenario):
    return {response.status for response in scenario.ledger.responses}


def _fill_memory(service, seconds):
    """Takes all transaction memory of Neo4j, and frees it after `seconds`.

    Until then it requests more memory repeatedly. Returns how often Neo4j rejected a request.
    """
    refusals, full_at = 0, None
    # A Neo4j that is out of heap ends itself, and the service starts it again.
    with contextlib.suppress(DriverError), service.driver() as driver, ExitStack() as sessions:
        while full_at is None or time.monotonic() < full_at + seconds:
            session = sessions.enter_context(driver.session())
            try:
                transaction = session.begin_transaction()
                for step in range(STEPS):
                    transaction.run(STEP, step=step).consume()
            except TransientError as error:
                session.close()
                if error.code not in OUT_OF_MEMORY:
                    raise
                full_at = full_at or time.monotonic()
                refusals += 1
    return refusals


def _stall(directory, seconds):
    # The shell unfreezes it even if this process is killed meanwhile.
    script = 'fsfreeze --freeze "$1" && { sleep "$2"; fsfreeze --unfreeze "$1"; }'
    _run("sh", "-c", script, "sh", directory, seconds)


def _unfreeze(directory):
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        _run("fsfreeze", "--unfreeze", directory)  # an error if it is not frozen


def _unmount(directory):
    _unfreeze(directory)
    deadline = time.monotonic() + 10
    while True:
        try:
            return _run("umount", directory)
        except subprocess.CalledProcessError:
            if time.monotonic() > deadline:
                _run("umount", "--lazy", directory)
                raise
        time.sleep(0.2)


def _run(*command):
    subprocess.run(
        [str(argument) for argument in command],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,  # Ctrl-C must not end a shell that has frozen a disk
    )
