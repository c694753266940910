"""The cache of API keys under many different API keys at once."""

import asyncio

import pytest

from app.access import api_keys
from app.access.authenticator import Authenticator
from app.errors import Unauthenticated

pytestmark = pytest.mark.anyio

SMALL = 2  # keys


@pytest.fixture
def small(graph):
    """An authenticator whose cache is small."""
    return Authenticator(graph, max_cached_keys=SMALL)


@pytest.fixture(scope="module")
def several(make_key):
    """More keys than the small cache holds."""
    return [make_key(api_keys.EVENTS_WRITE) for _ in range(4 * SMALL)]


@pytest.fixture
def reads(graph, monkeypatch):
    """The hashes that the graph was asked for, each read as a list."""
    hashes = []
    read = graph.read

    async def note(name, /, **parameters):
        hashes.append(parameters["hashes"])
        return await read(name, **parameters)

    monkeypatch.setattr(graph, "read", note)
    return hashes


@pytest.fixture
def together(graph, monkeypatch):
    """Has reads end at the same time, once there are as many as given."""
    ended = 0
    read = graph.read

    def start(count):
        everything = asyncio.Event()

        async def wait(name, /, **parameters):
            nonlocal ended
            rows = await read(name, **parameters)
            ended += 1
            if ended == count:
                everything.set()
            await everything.wait()
            return rows

        monkeypatch.setattr(graph, "read", wait)

    return start


async def test_more_keys_at_once_than_the_cache_holds_are_all_authenticated(
    several, small, together
):
    together(len(several))

    authenticated = await asyncio.gather(*(small.authenticate(key) for key in several))

    assert len({api_key.id for api_key in authenticated}) == len(several)


async def test_unknown_keys_do_not_displace_a_key_that_is_in_use(api_key, small, reads):
    await small.authenticate(api_key)

    for _ in range(4 * SMALL):
        with pytest.raises(Unauthenticated):
            await small.authenticate(api_keys.generate())
        await small.authenticate(api_key)

    assert reads.count([api_keys.digest(api_key)]) == 1
