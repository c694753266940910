"""Fixtures of the tests of rate limits: a Redis for each test."""

import pytest


@pytest.fixture
def own_redis(make_redis):
    """A Redis that the test may stop and start."""
    server = make_redis()
    yield server
    server.end()
