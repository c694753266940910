"""A client of the live stream, which connects again after a lost connection."""

import http.client
import time
from collections.abc import Iterator
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

SILENCE_SECONDS = 45.0  # the service sends a comment every 15 seconds
RECONNECT_SECONDS = 1.0
MAX_RECONNECT_SECONDS = 10.0
FINAL_STATUSES = (400, 401, 403, 404)  # another try has the same result


class LiveClientError(Exception):
    """The service cannot be reached, or rejects the request; the message is the reason."""


class LiveEvent(Struct, frozen=True):
    """An event of the stream: its type, and its data as JSON. `lost` is a lost connection."""

    kind: str
    data: str


class LiveClient:
    """Reads the stream at the `url` of a service with an API key, and the `parameters` of it."""

    def __init__(self, url: str, key: str, parameters: dict[str, str]) -> None:
        self._url = urlsplit(url)
        self._key = key
        self._parameters = parameters
        self._last_id = ""
        self._is_known = False  # whether it was connected

    def events(self) -> Iterator[LiveEvent]:
        """Yields the events without an end. Raises LiveClientError."""
        wait = RECONNECT_SECONDS
        while True:
            try:
                for event in self._connection():
                    wait = RECONNECT_SECONDS
                    yield event
                reason = "the service closed the connection"
            except (OSError, http.client.HTTPException) as error:
                reason = str(error) or type(error).__name__
                if not self._is_known:
                    address = f"{self._url.scheme}://{self._url.netloc}"
                    raise LiveClientError(f"cannot reach {address}: {reason}") from error
            yield LiveEvent("lost", reason)
            time.sleep(wait)
            wait = min(2 * wait, MAX_RECONNECT_SECONDS)

    def _connection(self) -> Iterator[LiveEvent]:
        is_secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
        connection = kind(self._url.netloc, timeout=SILENCE_SECONDS)
        try:
            headers = {"X-API-Key": self._key, "Accept": "text/event-stream"}
            if self._last_id:
                headers["Last-Event-ID"] = self._last_id
            path = f"{self._url.path.rstrip('/')}/v1/live?{urlencode(self._parameters)}"
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            if response.status != 200:
                self._raise(response)
            self._is_known = True
            yield from self._parse(response)
        finally:
            connection.close()

    def _parse(self, response: http.client.HTTPResponse) -> Iterator[LiveEvent]:
        kind, data = "message", ""
        while line := response.readline():
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data = value  # the service sends one line
            elif name == "event":
                kind = value
            elif name == "id":
                self._last_id = value
            elif not line.strip():
                if data:
                    yield LiveEvent(kind, data)
                kind, data = "message", ""

    def _raise(self, response: http.client.HTTPResponse) -> NoReturn:
        try:
            message = msgspec.json.decode(response.read())["error"]["message"]
        except (msgspec.DecodeError, KeyError, TypeError):
            message = response.reason
        if response.status in FINAL_STATUSES or not self._is_known:
            raise LiveClientError(f"the service returned {response.status}: {message}")
        raise http.client.HTTPException(message)  # another try may succeed
