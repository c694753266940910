"""A receiver of webhooks on loopback, with the responses that a test sets."""

import asyncio
import base64
import contextlib
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from standardwebhooks.webhooks import Webhook

Response = int | bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]

CLOSED = b""  # the connection is closed without a response
MAX_REQUEST_BYTES = 2**20


def new_secret() -> str:
    """A new secret in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(os.urandom(32)).decode()}"


class Request:
    """A request that arrived: its method and target, its headers by lower-case names, its body."""

    def __init__(self, head: str, body: bytes) -> None:
        self.line, *lines = head.split("\r\n")
        pairs = (line.partition(": ") for line in lines if line)
        self.headers = {name.lower(): value for name, _, value in pairs}
        self.body = body

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> Any:
        return json.loads(self.body)

    @property
    def entry(self) -> str:
        """The ID of the entry of the audit log."""
        return self.message["data"].get("id", "")

    def verified(self, secret: str) -> Any:
        """The message, verified by the library of Standard Webhooks."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Records all requests. `responses` has the next ones for each entry; after them, 204."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.responses: defaultdict[str, list[Response]] = defaultdict(list)
        self.url = ""
        self._arrival = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def of(self, *entries: str) -> list[Request]:
        """The requests about these entries, in their order: other tests change identities, too."""
        return [request for request in self.requests if request.entry in entries]

    async def wait_for(self, entry: str) -> None:
        """Waits until a request about an entry has arrived."""
        async with asyncio.timeout(60):
            while not self.of(entry):
                self._arrival.clear()
                await self._arrival.wait()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        """Listens on a free port."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_REQUEST_BYTES)
        host, port = server.sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{port}/hooks?tenant=1"
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._respond(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the sender has closed the connection, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        request = Request(head, await reader.readexactly(length))
        self.requests.append(request)
        self._arrival.set()
        responses = self.responses[request.entry]
        next_response = responses.pop(0) if responses else 204
        if isinstance(next_response, int):
            next_response = response(next_response)
        if not isinstance(next_response, bytes):
            await next_response(writer)
            return False
        writer.write(next_response)
        await writer.drain()
        return bool(next_response)


def response(status: int, **headers: str) -> bytes:
    """A response without a body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if status != 204:
        named["content-length"] = "0"
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} x\r\n{lines}\r\n".encode()


async def endless_body(writer: asyncio.StreamWriter) -> None:
    """Sends a body that never ends, after the status of a success."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + bytes(65_536) + b"\r\n")
        await writer.drain()


async def stalled_body(writer: asyncio.StreamWriter) -> None:
    """Sends the status of a success, and a part of the body."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfive.")
    await writer.drain()
    await asyncio.Event().wait()


async def stalled_head(writer: asyncio.StreamWriter) -> None:
    """Sends the beginning of a response."""
    writer.write(b"HTTP/1.1 200 OK\r\nx-")
    await writer.drain()
    await asyncio.Event().wait()


async def endless_head(writer: asyncio.StreamWriter) -> None:
    """Sends headers that never end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-more: " + b"x" * 8_000 + b"\r\n")
        await writer.drain()
