"""A reader of server-sent events, by the rules of the WHATWG."""

import http.client
import json
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 60


class ServerSentEvent:
    """An event: its type, its data, and the last event ID."""

    def __init__(self, kind, data, id_):
        self.kind = kind
        self.data = data
        self.id = id_

    @property
    def content(self):
        return json.loads(self.data)


class LiveReader:
    """Reads `GET /v1/live`; it is open once the service has sent the coverage."""

    def __init__(self, address, key, headers=None, parameters=None, path="/v1/live"):
        self._connection = http.client.HTTPConnection(
            urlsplit(address).netloc, timeout=TIMEOUT_SECONDS
        )
        query = urlencode(parameters or {})
        sent = {"X-API-Key": key, **(headers or {})}
        self._connection.request("GET", f"{path}?{query}", headers=sent)
        self.response = self._connection.getresponse()
        self.status = self.response.status
        self.last_id = None
        self.retry = None
        self.comments = 0
        self.coverage = self.event("coverage").content["coverage"] if self.status == 200 else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._connection.sock:
            self._connection.sock.close()
        self.response.close()
        self._connection.close()

    def next(self):
        """The next event; None at the end of the stream."""
        kind, data = "message", []
        while line := self.response.readline():
            name, _, value = line.decode().rstrip("\n").partition(":")
            value = value.removeprefix(" ")
            if line == b"\n":
                if data:
                    return ServerSentEvent(kind, "\n".join(data), self.last_id)
                kind = "message"
            elif name == "":
                self.comments += 1
            elif name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                self.last_id = value
            elif name == "retry":
                self.retry = int(value)
        return None

    def event(self, kind):
        """The next event of a type."""
        while event := self.next():
            if event.kind == kind:
                return event
        raise EOFError(f"the stream ended without an event of the type {kind}")

    def record(self):
        """The next record."""
        return self.event("record").content

    def records(self, count):
        return [self.record() for _ in range(count)]

    def is_silent(self, seconds):
        """Whether no event comes within some time; nothing can be read after that."""
        self._connection.sock.settimeout(seconds)
        try:
            return self.next() is None
        except TimeoutError:
            return True
