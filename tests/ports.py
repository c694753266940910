"""Ports of this machine for what the tests start."""

import contextlib
import secrets
import socket


def free_port() -> int:
    """A port that nobody listens at, of those that systems give to nobody who asks for any."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
