"""`python -m app serve` as a process: its start, its stop, and a database that comes and goes."""

import contextlib
import signal
import socket
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest

from app.access import api_keys
from tests.support import http_client
from tests.support.forwarder import Forwarder
from tests.support.server import is_reachable, wait_for, wait_until_ready

EVENT = {"event": "x", "email": "jane@acme.com"}


def post(address, api_key, event=EVENT):
    return http_client.post(
        f"{address}/v1/events", json=event, headers={"X-API-Key": api_key}, timeout=30
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_serves_with_any_number_of_workers(serve, api_key, workers):
    _, address = serve(WAYPATH_WORKERS=workers)
    wait_for(lambda: is_reachable(address))
    wait_until_ready(address)

    assert post(address, api_key).status_code == 200


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(serve, workers, number):
    process, address = serve(WAYPATH_WORKERS=workers)
    wait_for(lambda: is_reachable(address))

    process.send_signal(number)

    _, errors = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in errors) == (0, False)
    assert not is_reachable(address)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_kill_leaves_nothing_that_holds_the_port(serve, workers):
    process, address = serve(WAYPATH_WORKERS=workers)
    wait_for(lambda: is_reachable(address))

    process.kill()
    process.communicate()

    wait_for(lambda: not is_reachable(address))
    _, address = serve()
    wait_for(lambda: is_reachable(address))


def test_a_taken_port_is_reported_in_a_sentence(serve, free_port):
    with socket.create_server(("127.0.0.1", free_port)):
        process, _ = serve()
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert f"Error: cannot listen on 127.0.0.1:{free_port}" in errors
    assert "WAYPATH_PORT" in errors


def test_a_wrong_setting_is_named_and_nothing_starts(serve):
    process, _ = serve(WAYPATH_WORKERS="none")
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert errors.startswith("Error: WAYPATH_WORKERS")


def test_the_banner_names_the_database_but_not_its_password(serve, database):
    process, address = serve()
    wait_for(lambda: is_reachable(address))
    process.terminate()

    banner, errors = process.communicate(timeout=30)

    assert database.uri in banner
    assert database.password is None or database.password not in banner + errors


def test_it_starts_without_its_database_and_recovers_when_that_comes(
    serve, database, api_key, unique
):
    with Forwarder(database.uri) as forwarder:
        forwarder.close()
        _, address = serve(NEO4J_URI=forwarder.uri)
        wait_for(lambda: is_reachable(address))
        assert http_client.get(f"{address}/readyz").status_code == 503

        forwarder.open()

        wait_until_ready(address)
        assert post(address, api_key).status_code == 200


def sets_a_secure_cookie(address, api_key, proxy):
    """Whether the login over a proxy at an address, which ends TLS, sets a Secure cookie."""
    host, port = urlsplit(address).netloc.split(":")
    connection = HTTPConnection(host, int(port), source_address=(proxy, 0))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-Proto": "https",
    }
    with contextlib.closing(connection):
        connection.request("POST", "/login", urlencode({"key": api_key}), headers)
        response = connection.getresponse()
        assert response.status == 303
        return "secure" in response.headers["Set-Cookie"].lower()


@pytest.mark.parametrize(
    ("trusted", "secure"),
    [("", {"127.0.0.1"}), ("10.0.0.0/8, 127.0.0.2/31", {"127.0.0.2", "127.0.0.3"})],
)
def test_the_cookie_is_secure_behind_the_proxies_that_are_trusted(serve, make_key, trusted, secure):
    _, address = serve(WAYPATH_TRUSTED_PROXIES=trusted)
    wait_for(lambda: is_reachable(address))
    wait_until_ready(address)
    key = make_key(api_keys.CONTEXT_READ)

    proxies = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")

    assert {proxy for proxy in proxies if sets_a_secure_cookie(address, key, proxy)} == secure


def test_it_returns_503_while_its_database_is_unavailable_and_recovers(serve, database, api_key):
    with Forwarder(database.uri) as forwarder:
        _, address = serve(NEO4J_URI=forwarder.uri)
        wait_for(lambda: is_reachable(address))
        wait_until_ready(address)
        post(address, api_key)

        forwarder.close()

        response = post(address, api_key)
        assert response.status_code == 503
        assert response.json()["error"]["code"] == "unavailable"
        assert int(response.headers["retry-after"]) >= 1
        wait_for(lambda: http_client.get(f"{address}/readyz").status_code == 503)
        assert is_reachable(address)

        forwarder.open()

        wait_for(lambda: post(address, api_key).status_code == 200)
