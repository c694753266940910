"""A forwarder between the service and its database, which can stop and start again."""

import asyncio
import contextlib
import ssl
import threading
from urllib.parse import urlsplit

from tests.support.ports import free_port


class Forwarder:
    """Forwards a port of its own to a Bolt server, while it is open.

    With `tls` its own port speaks TLS. `heard` has the bytes of its clients.
    """

    def __init__(self, uri: str, tls: ssl.SSLContext | None = None) -> None:
        self._target = urlsplit(uri)
        self._tls = tls
        self.heard = bytearray()
        self._port = free_port()
        self.uri = f"bolt://127.0.0.1:{self._port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> "Forwarder":
        self._thread.start()
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self) -> None:
        """Takes connections from now on."""
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()

    def close(self) -> None:
        """Resets every connection and rejects new ones."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(
            self._forward, "127.0.0.1", self._port, ssl=self._tls
        )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = None
        try:
            upstream_reader, upstream = await asyncio.open_connection(
                self._target.hostname, self._target.port or 7687
            )
            await asyncio.gather(
                _copy(reader, upstream, self.heard), _copy(upstream_reader, writer, None)
            )
        finally:
            for stream in (writer, upstream):
                if stream is not None:
                    stream.transport.abort()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: bytearray | None
) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if heard is not None:
                heard += data
            writer.write(data)
            await writer.drain()
    writer.close()
