"""The service from start to clean stop: its socket, its database, its worker processes."""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing.connection import wait
from pathlib import Path

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from app import banner, main, settings, training
from app.access import development_key
from app.banner import Credentials
from app.graph.embedded.supervisor import EmbeddedNeo4j
from app.http.middleware import RequestMiddleware
from app.http.protocol import HttpProtocol
from app.observability import metrics
from app.settings import Settings

MAX_PENDING_CONNECTIONS = 2048
SHUTDOWN_TIMEOUT_SECONDS = 15  # for running requests; longer than the deadline of the graph

log = structlog.get_logger()


def serve(config: Settings) -> None:
    """Serves until SIGINT or SIGTERM, on the Neo4j at NEO4J_URI, or on an embedded one.

    Raises OSError if the port is in use, EmbeddedError if Neo4j does not start.
    """
    # Binds before Neo4j starts, to report a port in use early; listens after Neo4j has started.
    with _bind(config) as listener, _stops_on_sigterm(), contextlib.suppress(KeyboardInterrupt):
        address = f"http://{config.host}:{listener.getsockname()[1]}"
        if config.neo4j_uri:
            _listen(listener, config)
            asyncio.run(main.prepare(config, settings.database(config)))
            print(banner.given(address, config.neo4j_uri), flush=True)
            _run(config, listener)
            return
        neo4j = EmbeddedNeo4j(
            config.neo4j_home, aot_cache=config.neo4j_aot_cache, training=training.COMMAND
        )
        try:
            connection = neo4j.start()
            database = settings.database(config)
            key_file = development_key.file(Path(config.data_dir))
            key = asyncio.run(development_key.ensure(key_file, database))
            asyncio.run(main.prepare(config, database))
            _listen(listener, config)
            credentials = Credentials(key, key_file, connection, neo4j.password_file)
            print_banner(address, credentials)
            _run(config, listener)
        finally:
            # A second Ctrl-C must not leave Neo4j behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            neo4j.stop()


def print_banner(address: str, credentials: Credentials) -> None:
    """Prints the banner of a service on its embedded Neo4j."""
    is_terminal = sys.stdout.isatty()
    print(banner.embedded(address, credentials, is_terminal=is_terminal), flush=True)


def worker() -> RequestMiddleware:
    """Returns the application of a worker process, which ends with the main process."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    app = main.create_app()
    # The objects of the start are permanent. A scan of them by the collector would delay requests.
    gc.collect()
    gc.freeze()
    return app


def _run(config: Settings, listener: socket.socket) -> None:
    uvicorn_config = uvicorn.Config(
        "app.server:worker",
        factory=True,
        workers=config.workers,
        loop="uvloop",
        http=HttpProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        forwarded_allow_ips=config.proxies,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_SECONDS,
    )
    server = uvicorn.Server(uvicorn_config)
    os.environ.pop(metrics.DIRECTORY, None)
    if config.workers == 1:
        server.run(sockets=[listener])
        return
    with tempfile.TemporaryDirectory(prefix="waypath-metrics-") as directory:
        os.environ[metrics.DIRECTORY] = directory
        Multiprocess(uvicorn_config, sockets=[listener]).run()


def _bind(config: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
    except OSError as error:
        listener.close()
        raise _port_error(config, error) from error
    return listener


def _listen(listener: socket.socket, config: Settings) -> None:
    try:
        listener.listen(MAX_PENDING_CONNECTIONS)
    except OSError as error:
        raise _port_error(config, error) from error


def _port_error(config: Settings, error: OSError) -> OSError:
    address = f"{config.host}:{config.port}"
    return OSError(f"cannot listen on {address}: {error.strerror}; set WAYPATH_PORT to a free port")


@contextlib.contextmanager
def _stops_on_sigterm() -> Iterator[None]:
    # Uvicorn stops cleanly on a signal and then raises it again: the clean stop must continue.
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGKILL)
