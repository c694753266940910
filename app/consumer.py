"""The process that consumes Kafka topics: its services, its health routes, and its clean stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
import uvloop
from msgspec import Struct
from starlette.routing import Router

from app import settings
from app.http import routing
from app.http.api.health import HealthRoutes
from app.http.middleware import RequestMiddleware
from app.http.protocol import HttpProtocol
from app.kafka.configuration import ClientConfiguration
from app.kafka.consumer import ConsumerOptions, TopicConsumer
from app.observability.kafka_metrics import KafkaMetrics
from app.observability.metrics import Metrics
from app.services import Services
from app.settings import Settings


class ConsumerProcess(Struct, frozen=True):
    """The topics that a process consumes. With a `port`, it serves its health and metrics there."""

    configuration: ClientConfiguration
    options: ConsumerOptions
    port: int | None = None


def run(config: Settings, process: ConsumerProcess) -> None:
    """Consumes on the database of the settings until SIGINT or SIGTERM.

    Raises ConfigurationError, RecordRejected, FatalKafkaError, or OSError if the port is in use.
    """
    with contextlib.ExitStack() as stack:
        listener = None
        if process.port is not None:
            listener = stack.enter_context(_listen(config.host, process.port))
        uvloop.run(_run(config, process, listener))


async def _run(config: Settings, process: ConsumerProcess, listener: socket.socket | None) -> None:
    metrics = Metrics()
    services = Services(config, settings.database(config), metrics)
    kafka_metrics = KafkaMetrics(metrics.registry)
    try:
        consumer = TopicConsumer(
            process.configuration,
            process.options,
            services.ingest,
            config.blocklist,
            kafka_metrics,
        )
    except BaseException:
        await services.close()
        raise
    stopping = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopping.set)
    async with _serving(services, consumer, listener), services.running():
        await consumer.run(stopping)


class _Readiness:
    """The readiness of a consumer: it can use the database, and is a member of its group."""

    def __init__(self, services: Services, consumer: TopicConsumer) -> None:
        self._services = services
        self._consumer = consumer

    @property
    def is_ready(self) -> bool:
        return self._services.readiness.is_ready and self._consumer.is_connected


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to the consumer."""
        yield


@contextlib.asynccontextmanager
async def _serving(
    services: Services, consumer: TopicConsumer, listener: socket.socket | None
) -> AsyncIterator[None]:
    """Serves the health routes while open, if there is a socket for them."""
    if listener is None:
        yield
        return
    health = HealthRoutes(
        _Readiness(services, consumer), services.metrics, lambda: consumer.is_alive
    )
    router = Router([*routing.routes([health], services.guard)], redirect_slashes=False)
    app = RequestMiddleware(router, services.metrics, services.tracing)
    server = _Server(
        uvicorn.Config(
            app,
            http=HttpProtocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@contextlib.contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()
        except OSError as error:
            reason = f"cannot listen on {host}:{port}: {error.strerror}; set --port to a free port"
            raise OSError(reason) from error
        yield listener
