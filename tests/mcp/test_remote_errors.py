"""The errors of responses without a result, of the service or of a proxy in front of it."""

import json
import time
from email.utils import formatdate

import pytest

from app.mcp.remote_errors import response_error

ORIGIN = "https://events.acme.com"


def error(status, headers=None, body=b"<html>"):
    raised = response_error(ORIGIN, status, headers or {}, body)
    assert raised
    return raised


@pytest.mark.parametrize(
    ("status", "code", "action"),
    [
        (401, "unauthenticated", "Check the API key."),
        (404, "invalid_request", "Check the URL."),
        (429, "rate_limited", "429."),
        (502, "unavailable", "502."),
    ],
)
def test_a_proxy_in_front_of_the_service_has_an_error_by_its_status(status, code, action):
    raised = error(status)

    assert raised.code == code
    assert raised.message.startswith(f"{ORIGIN} returned the status {status}.")
    assert raised.message.endswith(action)


def test_an_error_of_the_service_stays_as_it_is():
    detail = {"path": "Host", "message": "must be known"}
    content = {"code": "misdirected_request", "message": "Unknown host.", "details": [detail]}

    raised = error(421, body=json.dumps({"error": content}).encode())

    assert (raised.code, raised.message) == ("misdirected_request", "Unknown host.")
    assert [(each.path, each.message) for each in raised.details] == [("Host", "must be known")]


def test_an_error_of_the_protocol_is_left_to_the_client():
    body = b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "Parse error"}}'

    assert response_error(ORIGIN, 400, {}, body) is None


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_is_that_of_the_response(status):
    assert error(status, {"retry-after": "12"}).retry_after == 12


def test_the_wait_may_be_a_date():
    wait = error(503, {"retry-after": formatdate(time.time() + 60, usegmt=True)}).retry_after

    assert wait
    assert 50 < wait <= 60


@pytest.mark.parametrize("headers", [{}, {"retry-after": "soon"}])
def test_without_a_wait_it_is_a_second(headers):
    assert error(429, headers).retry_after == 1


@pytest.mark.parametrize(
    "text",
    ["9" * 5000, "Tue, 31 Feb 2026 99999999999999999999:00:00 GMT"],
    ids=["a number too long", "a date that does not exist"],
)
def test_an_invalid_wait_is_a_second(text):
    assert error(503, {"retry-after": text}).retry_after == 1


def test_an_error_that_no_retry_mends_has_no_wait():
    assert error(401, {"retry-after": "12"}).retry_after is None
