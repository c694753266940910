"""A service of the tests' own: the whole application on a port of its own."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import msgspec
import uvicorn
from starlette.types import ASGIApp

from app import main
from app.graph.connection import Database
from app.http.protocol import HttpProtocol
from app.settings import Settings
from tests.support import http_client
from tests.support.checkout import CHECKOUT

SUPPRESSION_SECRET_FILE = CHECKOUT / "tests" / "support" / "suppression.secret"  # of all services


@contextlib.contextmanager
def serving(
    database: Database,
    settings: Settings | None = None,
    port: int = 0,
    build: Callable[[Settings, Database], ASGIApp] = main.build,
    **timeouts: float,
) -> Iterator[str]:
    """Serves the application, by default on a free port, and gives its address once it is ready.

    `build` makes the application. The timeouts, in seconds, are those of the protocol.
    """

    class WithTimeouts(HttpProtocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **timeouts, **kwargs)

    # With a URI, the service links to no other Neo4j: `make run` may have started one.
    config = msgspec.structs.replace(settings or Settings(), neo4j_uri=database.uri)
    if config.suppression_secret_file is None:
        config = msgspec.structs.replace(
            config, suppression_secret_file=str(SUPPRESSION_SECRET_FILE)
        )
    server_config = uvicorn.Config(
        build(config, database),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http=WithTimeouts,
        access_log=False,
        log_config=None,
    )
    server = uvicorn.Server(server_config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield _address(server)
    finally:
        server.should_exit = True
        thread.join()


def is_reachable(address: str) -> bool:
    """Whether a service at an address responds."""
    with contextlib.suppress(httpx2.TransportError):
        return http_client.get(f"{address}/healthz").status_code == 200
    return False


def wait_until_ready(address: str) -> None:
    """Waits until the service at an address has its database."""
    wait_for(lambda: http_client.get(f"{address}/readyz").status_code == 200)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits until the condition is true. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the condition did not come true")
        time.sleep(0.02)


def _address(server: uvicorn.Server) -> str:
    wait_for(lambda: server.started)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    return f"http://{host}:{port}"
