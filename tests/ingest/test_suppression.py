"""The check of events against a copy of the suppression list."""

import json

import pytest

from app.domain.blocklist import Blocklist
from app.errors import Unavailable
from app.ingest import suppression
from app.ingest.event_checks import EventChecks
from app.ingest.payload import decode
from app.ingest.rows import IngestRequest

pytestmark = pytest.mark.anyio


class Copy:
    """A copy with these identifiers."""

    is_current = True

    def __init__(self, *names):
        self._names = names

    @property
    def has_entries(self):
        return bool(self._names)

    def __contains__(self, name):
        return name in self._names

    async def refresh(self):
        """Reads nothing."""


class SlowCopy(Copy):
    """A copy that is too old once it is read."""

    is_current = False


class AgingCopy(Copy):
    """A copy that is too old after it was used once, and also once it is read again."""

    uses = 0

    @property
    def is_current(self):
        self.uses += 1
        return self.uses == 1


async def test_a_copy_that_is_too_old_after_its_refresh_stores_nothing():
    with pytest.raises(Unavailable, match="Retry"):
        await suppression.without_suppressed([], SlowCopy())


@pytest.fixture
def check(graph):
    """Checks one event against a copy, and returns its rows."""

    async def run(copy, **event):
        checks = EventChecks(graph, Blocklist(), copy)
        request = IngestRequest(decode(json.dumps({"event": "x", **event}).encode()), "key_x")
        return await checks.reject_suppressed(request, checks.rows(request))

    return run


@pytest.fixture
def unreadable(graph):
    """The graph, which rejects reads."""
    graph.disable()


async def test_an_event_without_a_customer_needs_no_read(check, unreadable):
    assert len(await check(Copy("email:jo@acme.com"), email="jane@acme.com")) == 1


async def test_with_an_empty_list_an_event_with_a_customer_needs_no_read(check, unreadable):
    assert len(await check(Copy(), customer="cus_jane")) == 1


async def test_otherwise_an_event_with_a_customer_needs_one(check, unreadable):
    with pytest.raises(Unavailable):
        await check(Copy("email:jo@acme.com"), customer="cus_jane")


async def test_a_copy_that_is_too_old_after_that_read_stores_nothing(check, address):
    with pytest.raises(Unavailable, match="suppression list could not be read in time"):
        await check(AgingCopy("email:jo@acme.com"), customer="cus_jane")
