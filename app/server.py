"""The service from start to clean stop: its socket, its database, its workers, its banner."""

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from app import banner, settings
from app.banner import Credentials
from app.graph.embedded.supervisor import EmbeddedNeo4j
from app.settings import Settings

if TYPE_CHECKING:
    from app.main import Services

MAX_PENDING_CONNECTIONS = 2048
# Makes the AOT cache. The directory of the user may have another package of this name.
TRAINING_COMMAND = (
    *(sys.executable, "-P", "-c"),
    f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); "
    "from app import training; sys.exit(training.run())",
)


def serve(config: Settings) -> None:
    """Serves until SIGINT or SIGTERM, on the Neo4j at NEO4J_URI, or on an embedded one.

    Raises OSError if the port is in use, EmbeddedError if Neo4j does not start, Unavailable if
    the embedded Neo4j has a schema of another version.
    """
    # Binds before Neo4j starts, to report a port in use early.
    with _bind(config) as listener, _stops_on_sigterm(), contextlib.suppress(KeyboardInterrupt):
        if config.neo4j_uri:
            _serve_on_given(config, config.neo4j_uri, listener)
        else:
            _serve_on_embedded(config, listener)


def _serve_on_given(config: Settings, uri: str, listener: socket.socket) -> None:
    from app import workers  # noqa: PLC0415 - not yet loaded while an embedded Neo4j is launched

    async def prepare(services: "Services") -> None:
        # If the database is unavailable, the service waits for it and logs the cause.
        await services.readiness.check()
        print(banner.given(_address(config, listener), uri), flush=True)

    _listen(listener, config)
    workers.run(config, listener, prepare)


def _serve_on_embedded(config: Settings, listener: socket.socket) -> None:
    neo4j = EmbeddedNeo4j(
        config.neo4j_home, aot_cache=config.neo4j_aot_cache, training=TRAINING_COMMAND
    )
    # The service is imported while Java starts. An interrupt of the main thread does not reach it.
    importing = threading.Thread(target=import_module, args=("app.workers",))
    try:
        neo4j.launch()
        importing.start()
        connection = neo4j.wait_until_ready()
        from app import workers  # noqa: PLC0415
        from app.access import development_key  # noqa: PLC0415

        key_file = development_key.file(Path(config.data_dir))

        async def prepare(services: "Services") -> None:
            await services.migrator.apply()
            key, _ = await asyncio.gather(
                development_key.ensure(key_file, settings.database(config)),
                services.readiness.check(),
            )
            _listen(listener, config)
            credentials = Credentials(key, key_file, connection, neo4j.password_file)
            print_banner(_address(config, listener), credentials)

        workers.run(config, listener, prepare)
    finally:
        # A second Ctrl-C must not leave Neo4j behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        neo4j.stop()


def print_banner(address: str, credentials: Credentials) -> None:
    """Prints the banner of a service on its embedded Neo4j."""
    is_terminal = sys.stdout.isatty()
    print(banner.embedded(address, credentials, is_terminal=is_terminal), flush=True)


def _address(config: Settings, listener: socket.socket) -> str:
    return f"http://{config.host}:{listener.getsockname()[1]}"


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
