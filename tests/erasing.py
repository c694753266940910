"""What tests of erasures share: who may do everything, and an erasure through the service."""

import pytest

from app import keys
from tests import calling


@pytest.fixture(scope="module")
def caller(address, make_key):
    """Calls the service with a key that may do everything."""
    headers = {"X-API-Key": make_key(*keys.SCOPES)}
    with calling.Client(base_url=address, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def erase(caller):
    """Erases somebody, and gives what that is answered with."""

    def run(customer, **query):
        path = f"/v1/customers/{customer}"
        while (answer := caller.delete(path, params=query)).status_code == 202:
            pass  # a busy machine takes longer than one call waits
        return calling.told(answer)

    return run
