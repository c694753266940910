"""What tests of rate limits share: a Redis of a test's own."""

import pytest


@pytest.fixture
def own_redis(make_redis):
    """A Redis that the test may stop and start."""
    server = make_redis()
    yield server
    server.end()
