"""Peer sockets: pass records between the processes of a host, by Unix domain sockets.

Each process listens on a socket. A process with readers connects to the sockets of all others, and
gets their last records and then each new one, as lines of JSON. Thus a process encodes records for
others only while it has connections.
"""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from pathlib import Path

import msgspec
import structlog

from app.activity import peer_directory, peer_messages, record
from app.activity.erased import Erased
from app.activity.record import Entry
from app.activity.stream import ActivityStream
from app.activity.subscription import Coverage

SCAN_INTERVAL_SECONDS = 1.0
RETRY_INTERVAL_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 0.5
MAX_LINE_BYTES = 2 * 1024 * 1024
MAX_UNSENT_BYTES = 4 * 1024 * 1024  # beyond it, a slow process loses records

_HELLO = b"hello\n"
_WATCH = b"watch"
_FORGET = b"forget"
_END_OF_LAST = b"\n"  # after the last records, before the new ones

log = structlog.get_logger()


class PeerSockets:
    """The relay of the processes that have sockets in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stream: ActivityStream
        self._links: dict[str, asyncio.Task[None]] = {}
        self._readers: set[StreamWriter] = set()
        self._is_open = False
        self._is_failed = False
        self._is_watching = False
        self._is_due = asyncio.Event()

    @property
    def coverage(self) -> Coverage:
        """The instance, unless there is no socket."""
        return "instance" if self._is_open else "process"

    @property
    def sources(self) -> set[str]:
        """The processes that are connected."""
        return {source for source, link in self._links.items() if not link.done()}

    async def run(self, stream: ActivityStream) -> None:
        """Listens until cancelled, and connects to new processes while there are readers."""
        self._stream = stream
        path = self._directory / f"{stream.source}{peer_directory.SUFFIX}"
        try:
            while True:
                server = await self._listen(path)
                if server is None:
                    await asyncio.sleep(RETRY_INTERVAL_SECONDS)
                    continue
                try:
                    await self._serve(path)
                finally:
                    server.close()
        finally:
            peer_directory.remove(path)
            await self.unwatch()
            await self._flush()
            peer_directory.remove_empty(self._directory)

    async def watch(self) -> None:
        """Connects to all processes, and waits for their last records."""
        self._is_watching = True
        if not self._is_open:
            return
        ends = self._connect()
        if ends:
            await asyncio.wait(
                [asyncio.create_task(end.wait()) for end in ends], timeout=CONNECT_TIMEOUT_SECONDS
            )

    async def unwatch(self) -> None:
        """Disconnects from all processes."""
        self._is_watching = False
        links = [*self._links.values()]
        self._links.clear()
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def forget(self, erased: Erased) -> None:
        """Has all processes forget erased Customers, before it returns. Raises OSError."""
        line = b"%b %b\n" % (_FORGET, msgspec.json.encode(erased))
        await peer_messages.tell(self._directory, line)

    async def _listen(self, path: Path) -> asyncio.Server | None:
        """Returns a server at a socket; None if it cannot be created."""
        try:
            peer_directory.prepare(self._directory)
            server = await asyncio.start_unix_server(self._accept, path, limit=MAX_LINE_BYTES)
        except OSError as error:
            if not self._is_failed:
                log.warning("live_socket_unavailable", error=str(error))
            self._is_failed = True
            return None
        self._is_failed = False
        return server

    async def _serve(self, path: Path) -> None:
        """Connects to new processes while the socket is there: some hosts clean their folders."""
        self._is_open = True
        self._stream.note_coverage()
        with contextlib.suppress(OSError):
            # Those with readers connect to this one.
            await peer_messages.tell(self._directory, _HELLO)
        while peer_directory.has(path):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SCAN_INTERVAL_SECONDS):
                    await self._is_due.wait()
            self._is_due.clear()
            if self._is_watching:
                self._connect()
        self._is_open = False
        self._stream.note_coverage()

    def _connect(self) -> list[asyncio.Event]:
        """Connects to the processes that are not connected yet."""
        ends: list[asyncio.Event] = []
        connected = self.sources
        for source, path in peer_directory.sources(self._directory).items():
            if source != self._stream.source and source not in connected:
                ends.append(end := asyncio.Event())
                self._links[source] = asyncio.create_task(self._follow(source, path, end))
        return ends

    async def _follow(self, source: str, path: Path, end: asyncio.Event) -> None:
        """Receives the records of a process until it ends."""
        writer: StreamWriter | None = None
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE_BYTES)
            writer.write(b"%b %d\n" % (_WATCH, self._stream.position(source)))
            while line := await reader.readline():
                if line == _END_OF_LAST:
                    end.set()
                else:
                    self._stream.receive(record.decode(line))
        except (ConnectionRefusedError, FileNotFoundError):
            peer_directory.remove(path)  # of a process that was killed
        except (OSError, ValueError) as error:
            log.warning("live_socket_failed", error=str(error))
        finally:
            end.set()
            if writer:
                writer.close()

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        def send(entries: list[Entry]) -> None:
            # The reader notices from the numbers which ones are missing.
            if writer.transport.get_write_buffer_size() <= MAX_UNSENT_BYTES:
                writer.write(b"".join([entry.data + b"\n" for entry in entries]))

        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                line = await reader.readline()
            command, _, argument = line.partition(b" ")
            if line == _HELLO:
                self._is_due.set()
            elif command == _FORGET:
                self._stream.forget(msgspec.json.decode(argument, type=Erased))
            elif command == _WATCH:
                self._readers.add(writer)
                send(self._stream.add_sink(send, int(argument)))
                writer.write(_END_OF_LAST)
                await reader.read()
        except (OSError, ValueError) as error:
            log.warning("live_socket_failed", error=str(error))
        finally:
            self._stream.remove_sink(send)
            self._readers.discard(writer)
            writer.close()

    async def _flush(self) -> None:
        """Sends the records that wait, within a timeout."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                for writer in [*self._readers]:
                    writer.close()
                    await writer.wait_closed()
