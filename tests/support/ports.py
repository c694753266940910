"""Ports of this host for the programs that tests start."""

import contextlib
import itertools
import os
import random
import socket

# Ports outside the range that systems assign; each process of a run has its own share.
_SHARES = 16
_OWN = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _SHARES
_SHARE = range(20_000 + _OWN, 32_000, _SHARES)
_ports = itertools.cycle(random.SystemRandom().sample(_SHARE, len(_SHARE)))


def free_port() -> int:
    """A port without a listener, which this run assigns only once."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False
