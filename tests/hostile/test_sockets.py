"""Bytes on a socket that are not the request of a friend."""

import gzip
import json
import re
import socket
import time
import zlib
from urllib.parse import urlsplit

import pytest

from tests.support import http_client
from tests.support.server import serving, wait_until_ready

JSON = {"Content-Type": "application/json"}
EVENT = json.dumps({"event": "x", "email": "jane@acme.com"}).encode()


@pytest.fixture(scope="module")
def hurried(database):
    """The address of a service that waits for half a second only."""
    with serving(database, header_timeout=0.5, body_timeout=0.5) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture
def exchange(address):
    """Sends bytes, and returns the status and the body of the response; 0 if there was none.

    Every response has a request ID.
    """
    return _exchange_with(address)


def _exchange_with(address):
    send = _exchange_heads_with(address)

    def send_and_check(*pieces, wait=10):
        status, lines, body = send(*pieces, wait=wait)
        assert not status or request_ids(lines)
        return status, body

    return send_and_check


def _exchange_heads_with(address):
    """As `exchange`, with the head of the response as well."""
    url = urlsplit(address)

    def send(*pieces, wait=10):
        with socket.create_connection((url.hostname, url.port), timeout=wait) as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
                response = _read(connection)
            except (ConnectionError, TimeoutError):
                return 0, b"", b""
        status = re.match(rb"HTTP/1.1 (\d{3})", response)
        lines, _, body = response.partition(b"\r\n\r\n")
        return int(status[1]) if status else 0, lines, body

    return send


def request_ids(lines):
    """The request IDs in the head of a response."""
    return re.findall(rb"^x-request-id: (\S+)\r?$", lines, re.IGNORECASE | re.MULTILINE)


def _read(connection):
    response = b""
    while True:
        head, separator, body = response.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if separator and length and len(body) >= int(length[1]):
            return response
        data = connection.recv(65536)
        if not data:
            return response
        response += data


@pytest.fixture
def head(api_key):
    """The head of a request with the headers given."""

    def build(*lines, method="POST", path="/v1/events", key=api_key):
        start = [f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json"]
        start += [f"X-API-Key: {key}"] if key else []
        return "\r\n".join([*start, *lines, "", ""]).encode("latin-1")

    return build


def code(body):
    return json.loads(body)["error"]["code"]


def test_a_request_of_plain_bytes_gets_a_response(exchange, head):
    assert exchange(head(f"Content-Length: {len(EVENT)}"), EVENT)[0] == 200


def test_a_declared_length_over_the_limit_is_413_before_the_body_comes(exchange, head):
    status, body = exchange(head("Content-Length: 5242881"))

    assert (status, code(body)) == (413, "payload_too_large")


def test_a_chunked_body_over_the_limit_is_413(exchange, head):
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"

    status, body = exchange(head("Transfer-Encoding: chunked"), *[chunk] * 90)

    assert status in {0, 413}  # the reset may overtake the response
    assert not body or code(body) == "payload_too_large"


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: -1",),
        ("Content-Length: x",),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 99999999999999999999999",),
        ("Transfer-Encoding: gzip, chunked, x",),
        ("X Y: z",),
        ("X-Y : z",),
        (": z",),
    ],
    ids=str,
)
def test_a_contradictory_or_broken_head_is_400(exchange, head, lines):
    status, body = exchange(head(*lines), b"0\r\n\r\n" + EVENT)

    assert (status, code(body)) == (400, "invalid_request")


def test_a_length_that_promises_too_little_cuts_the_body(exchange, head):
    assert exchange(head("Content-Length: 10"), EVENT)[0] == 400


def test_bare_line_feeds_are_400(exchange, head):
    request = head(f"Content-Length: {len(EVENT)}").replace(b"\r\n", b"\n") + EVENT

    assert exchange(request)[0] == 400


@pytest.mark.parametrize(
    "request_",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
    ],
    ids=repr,
)
def test_bytes_that_are_not_http_are_400_and_json(exchange, request_):
    status, body = exchange(request_)

    assert (status, code(body)) == (400, "invalid_request")


def test_20_mb_of_headers_are_rejected(exchange, head):
    status, body = exchange(head()[:-2], *[b"X-Y: " + b"y" * 1_000_000 + b"\r\n"] * 20)

    assert status in {0, 431}
    assert not body or code(body) == "headers_too_large"


def test_20_000_headers_are_rejected(exchange, head):
    status, body = exchange(head()[:-2] + b"A: b\r\n" * 20_000 + b"\r\n")

    assert status in {0, 431}
    assert not body or code(body) == "headers_too_large"


def test_201_headers_are_431(exchange, head):
    status, body = exchange(head(*["A: b"] * 201))

    assert (status, code(body)) == (431, "headers_too_large")


def test_a_url_of_100_kb_is_rejected(exchange, head):
    assert exchange(head(path="/" + "a" * 100_000))[0] in {0, 400, 404, 431}


def test_two_api_keys_are_401(exchange, head, api_key):
    status, body = exchange(head(f"X-API-Key: {api_key}", "Content-Length: 0"))

    assert (status, code(body)) == (401, "unauthenticated")


@pytest.mark.parametrize("key", ["é" * 44, "\xff", "wp_live_\x80", "a" * 60_000])
def test_a_key_of_strange_characters_is_401(exchange, head, key):
    status, body = exchange(head("Content-Length: 0", key=key))

    assert (status, code(body)) == (401, "unauthenticated")


def test_an_unfinished_gzip_body_is_400(exchange, head):
    content = gzip.compress(EVENT, mtime=0)[:-9]

    status, body = exchange(
        head(f"Content-Length: {len(content)}", "Content-Encoding: gzip"), content
    )

    assert (status, code(body)) == (400, "invalid_payload")


def test_slow_and_silent_sockets_are_closed_while_good_traffic_flows(hurried, api_key, head):
    url = urlsplit(hurried)
    half = len(EVENT) // 2
    openings = [b"", head()[:20], head(f"Content-Length: {len(EVENT)}") + EVENT[:half], b"\r\n"]
    sockets = []
    for opening in openings * 60:
        connection = socket.create_connection((url.hostname, url.port), timeout=30)
        connection.sendall(opening)
        sockets.append(connection)

    headers = JSON | {"X-API-Key": api_key}
    with http_client.Client(base_url=hurried, headers=headers, timeout=30) as client:
        responses = [client.post("/v1/events", content=EVENT) for _ in range(20)]
    endings = {_ending(connection) for connection in sockets}

    assert {response.status_code for response in responses} == {200}
    assert endings == {"closed"}


def _ending(connection):
    with connection:
        try:
            while connection.recv(4096):
                pass
        except ConnectionError:
            return "closed"
        except TimeoutError:
            return "open"
        return "closed"


def test_a_trickle_of_line_feeds_does_not_keep_a_socket(hurried):
    assert _is_ended(hurried, b"", b"\r\n")


def test_a_body_that_takes_too_long_is_408(hurried, head):
    exchange = _exchange_with(hurried)

    status, body = exchange(head(f"Content-Length: {len(EVENT)}"), EVENT[:5])

    assert (status, code(body)) == (408, "request_timeout")


def test_an_error_of_the_protocol_has_the_request_id_of_the_client(address, head):
    exchange = _exchange_heads_with(address)

    broken, lines, _ = exchange(head("X-Request-Id: mine-1", "Content-Length: x"))
    large, lines_of_large, _ = exchange(head("X-Request-Id: mine-2", *["A: b"] * 201))

    assert (broken, request_ids(lines)) == (400, [b"mine-1"])
    assert (large, request_ids(lines_of_large)) == (431, [b"mine-2"])


def test_a_408_has_the_request_id_of_the_client(hurried, head):
    exchange = _exchange_heads_with(hurried)

    request = head("X-Request-Id: mine", f"Content-Length: {len(EVENT)}")
    status, lines, _ = exchange(request, EVENT[:5])

    assert (status, request_ids(lines)) == (408, [b"mine"])


def test_a_body_that_breaks_off_into_garbage_has_one_request_id(address, head):
    exchange = _exchange_heads_with(address)

    request = head("X-Request-Id: mine", "Transfer-Encoding: chunked")
    status, lines, body = exchange(request, b"no size\r\n")

    assert (status, code(body), request_ids(lines)) == (400, "invalid_request", [b"mine"])


def test_garbage_after_a_request_has_a_request_id_of_its_own(address):
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n"
    url = urlsplit(address)

    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(request)
        first = _read(connection)
        connection.sendall(b"GARBAGE\r\n\r\n")
        second = _read(connection)

    assert request_ids(first) == [b"mine"]
    assert request_ids(second)
    assert request_ids(second) != [b"mine"]


def test_a_rejected_upload_ends(hurried, head):
    assert _is_ended(hurried, head("Transfer-Encoding: chunked", key=None), b"1\r\nx\r\n")


def _is_ended(address, opening, trickle):
    url = urlsplit(address)
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        try:
            connection.sendall(opening)
            for _ in range(100):
                connection.sendall(trickle)
                time.sleep(0.1)
        except ConnectionError:
            return True
    return False


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", "identity"])
def test_gzip_is_taken(client, encoding):
    content = EVENT if encoding == "identity" else gzip.compress(EVENT, mtime=0)

    response = client.post(
        "/v1/events", content=content, headers=JSON | {"Content-Encoding": encoding}
    )

    assert response.status_code == 200


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x"])
def test_another_content_encoding_is_415(client, encoding):
    response = client.post(
        "/v1/events", content=EVENT, headers=JSON | {"Content-Encoding": encoding}
    )

    assert response.status_code == 415


@pytest.mark.parametrize("size", [5 * 1024**2 + 1, 500 * 1024**2])
def test_a_gzip_body_that_inflates_above_the_limit_is_413(client, size):
    compressor = zlib.compressobj(9, wbits=31)
    content = b"".join(compressor.compress(b" " * 1024**2) for _ in range(size // 1024**2))
    content += compressor.compress(b" " * (size % 1024**2)) + compressor.flush()

    response = client.post(
        "/v1/events", content=content, headers=JSON | {"Content-Encoding": "gzip"}
    )

    assert response.status_code == 413


@pytest.mark.parametrize(
    "content", [EVENT, b"", gzip.compress(EVENT, mtime=0) + b"x", gzip.compress(EVENT) * 2]
)
def test_a_body_that_is_not_one_gzip_member_is_400(client, content):
    response = client.post(
        "/v1/events", content=content, headers=JSON | {"Content-Encoding": "gzip"}
    )

    assert response.status_code == 400


@pytest.mark.parametrize("request_id", ["a", "a" * 128, "0f-A_.9"])
def test_a_sane_request_id_is_taken(address, request_id):
    response = http_client.get(f"{address}/healthz", headers={"X-Request-Id": request_id})

    assert response.headers["x-request-id"] == request_id


@pytest.mark.parametrize("request_id", ["", "a" * 129, "a b", "a\tb", "<x>", "a;b"])
def test_any_other_request_id_is_replaced(address, request_id):
    response = http_client.get(f"{address}/healthz", headers={"X-Request-Id": request_id})

    assert response.headers["x-request-id"].startswith("req_")
