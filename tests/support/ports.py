"""Ports of this machine for what the tests start."""

import contextlib
import itertools
import os
import random
import socket

# Those that systems give to nobody who asks for any; each process of a run has a share of its own.
_SHARES = 16
_OWN = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _SHARES
_SHARE = range(20_000 + _OWN, 32_000, _SHARES)
_ports = itertools.cycle(random.SystemRandom().sample(_SHARE, len(_SHARE)))


def free_port() -> int:
    """A port that nobody listens at, and that this run gives to nobody else."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False
