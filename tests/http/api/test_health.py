"""The health routes."""

import pytest

from app.access import api_keys
from tests.support import http_client


@pytest.fixture(scope="module")
def key(make_key):
    return make_key(api_keys.METRICS_READ)


def test_prometheus_may_send_the_api_key_as_a_bearer_token(address, key):
    response = http_client.get(f"{address}/metrics", headers={"Authorization": f"Bearer {key}"})

    assert response.status_code == 200
    assert "waypath_database_up" in response.text


def test_metrics_reject_a_bearer_token_that_is_no_api_key(address):
    response = http_client.get(f"{address}/metrics", headers={"Authorization": "Bearer wp_live_x"})

    assert response.status_code == 401


def test_another_route_takes_no_bearer_token(address, make_key):
    key = make_key(api_keys.EVENTS_READ)

    response = http_client.get(
        f"{address}/v1/rejections", headers={"Authorization": f"Bearer {key}"}
    )

    assert response.status_code == 401
