"""A password that is replaced under load, while many connections are opened at once."""

import asyncio
import time

import pytest

from app.graph.bolt.password_rotation import CHECK_INTERVAL_SECONDS
from tests.support.faults.waiting import until

pytestmark = pytest.mark.anyio
pytest_plugins = ["tests.support.database_users"]

SECOND = "the-second-password"


async def test_a_password_rotation_rejects_no_request(scenario, amounts, service, user, tmp_path):
    """Three wrong logins lock the user for 5 seconds: callers wait, and get their response."""
    file = tmp_path / "password"
    file.write_text(user.password)
    login = {"NEO4J_USERNAME": user.name, "NEO4J_PASSWORD": "", "NEO4J_PASSWORD_FILE": str(file)}
    its = [service(WAYPATH_WORKERS="2", **login), service(WAYPATH_WORKERS="2", **login)]
    await asyncio.gather(*(it.start() for it in its))
    # A worker that starts between the change of the file and that of the database would be
    # rejected. The main process is ready before its two workers.
    await until(lambda: all(it.log().count("database_ready") == 3 for it in its), 60)
    async with scenario.senders(*its) as senders:
        for number in range(amounts.stops):
            if number:
                await asyncio.sleep(1.5 * CHECK_INTERVAL_SECONDS + 3)  # no change is to come sooner
            password = f"{SECOND}-{number}"
            await senders.acknowledged(50)
            file.write_text(password)
            await senders.acknowledged(50)
            changed = time.monotonic()
            user.change_password(password)
            scenario.faults += 1
            await senders.acknowledged(200)
            scenario.recoveries.append(await senders.recovered(changed))
    assert {response.status for response in scenario.ledger.responses} == {200}
    assert not [it for it in its if user.password in it.log() or SECOND in it.log()]
    scenario.judge(*its)
