"""A proxy between a service and its Neo4j that cuts, delays and drops messages on request."""

import asyncio
import contextlib
import enum
import socket
import struct
from collections import deque
from urllib.parse import urlsplit

from tests.support.faults import bolt
from tests.support.ports import free_port

CLOSED = (OSError, asyncio.IncompleteReadError)


class Moment(enum.Enum):
    """When a connection is cut that carries a write."""

    BEGIN = "before the database has the write"
    TORN = "when the database has half of the write"
    COMMIT = "when the database has the write, before it is told to commit"
    REPLY = "when the database has committed, before its reply is through"


class BoltProxy:
    """Listens on a port of its own while it is entered; connect to `uri`.

    Set `latency` to the seconds by which it delays each reply, and `is_silent` to drop all
    messages, from old connections and new ones. A connection that ever dropped a message stays
    silent permanently.
    """

    def __init__(self, uri):
        target = urlsplit(uri)
        self._target = target.hostname, target.port or 7687
        self._port = free_port()
        self.uri = f"bolt://127.0.0.1:{self._port}"
        self.latency = 0
        self.is_silent = False
        self.cuts = 0
        self._cut_at = None
        self._every = 1
        self._writes = 0
        self._server = None
        self._connections = set()

    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def open(self):
        """Takes connections from now on."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)

    async def close(self):
        """Resets every connection and rejects new ones."""
        if self._server:
            self._server.close()
            self._server = None
        await self.reset()

    async def reset(self):
        """Resets every connection there is."""
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    def cut(self, moment, every=1):
        """Cuts at `moment` of each `every`-th write from now on; None ends it."""
        self._cut_at, self._every, self._writes = moment, every, 0
        self.cuts = 0 if moment else self.cuts

    def moment(self):
        """When the connection is to be cut whose write begins now, or None."""
        self._writes += 1
        return self._cut_at if self._cut_at and self._writes % self._every == 0 else None

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._connections.add(task)
        upstream = None
        try:
            upstream_reader, upstream = await asyncio.open_connection(*self._target)
            await _Connection(self, reader, writer, upstream_reader, upstream).carry()
        except* (*CLOSED, asyncio.CancelledError):
            pass  # a reset cancels it
        finally:
            self._connections.discard(task)
            for stream in filter(None, (writer, upstream)):
                _reset(stream)


class _Cut(ConnectionError):
    """The proxy cuts a connection."""


class _Connection:
    def __init__(self, proxy, client_reader, client, server_reader, server):
        self._proxy = proxy
        self._client_reader, self._client = client_reader, client
        self._server_reader, self._server = server_reader, server
        self._pending = deque()  # the kinds of messages without a reply so far
        self._moment = None
        self._is_silent = False
        self._replies = asyncio.Queue()

    async def carry(self):
        """Forwards both sides until one of them or a fault ends the connection."""
        await self._respond_slowly()
        sides = self._client_reader, self._client, self._server_reader, self._server
        await bolt.shake_hands(*sides)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._pass_requests())
            both.create_task(self._read_replies())
            both.create_task(self._pass_replies())

    async def _respond_slowly(self):
        if self._swallows():
            while await self._client_reader.read(65536):
                pass
            raise _Cut
        await asyncio.sleep(self._proxy.latency)

    async def _pass_requests(self):
        while True:
            message = await bolt.read(self._client_reader)
            if self._swallows():
                continue
            kind = bolt.kind(message)
            if bolt.opens_write(message):
                self._moment = self._proxy.moment()
                if self._moment is Moment.BEGIN:
                    self._cut()
                if self._moment is Moment.TORN:
                    self._server.write(message[: len(message) // 2])
                    await self._server.drain()
                    self._cut()
            if self._moment is Moment.COMMIT and kind in bolt.CLOSING:
                self._cut()
            if kind is not None:
                self._pending.append(kind)
            self._server.write(message)
            await self._server.drain()

    async def _read_replies(self):
        loop = asyncio.get_running_loop()
        while True:
            message = await bolt.read(self._server_reader)
            await self._replies.put((loop.time() + self._proxy.latency, message))

    async def _pass_replies(self):
        loop = asyncio.get_running_loop()
        while True:
            due, message = await self._replies.get()
            await asyncio.sleep(due - loop.time())
            kind = bolt.kind(message)
            request = self._pending.popleft() if kind in bolt.SUMMARIES else None
            if self._moment is Moment.REPLY:
                if request in bolt.CLOSING or kind == bolt.FAILURE:
                    self._cut()
            elif not self._swallows():
                self._client.write(message)
                await self._client.drain()

    def _swallows(self):
        self._is_silent = self._is_silent or self._proxy.is_silent
        return self._is_silent

    def _cut(self):
        self._proxy.cuts += 1
        raise _Cut


def _reset(writer):
    with contextlib.suppress(OSError):
        endpoint = writer.get_extra_info("socket")
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
