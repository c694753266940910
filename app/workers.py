"""The worker processes: uvicorn with the application, in this process or in several others."""

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable
from multiprocessing.connection import wait

import uvicorn
import uvloop
from uvicorn.supervisors import Multiprocess

from app import main
from app.http.middleware import RequestMiddleware
from app.http.protocol import HttpProtocol
from app.main import Services
from app.observability import metrics
from app.settings import Settings

SHUTDOWN_TIMEOUT_SECONDS = 15  # for running requests; longer than the deadline of the graph

Prepare = Callable[[Services], Awaitable[None]]


def run(config: Settings, listener: socket.socket, prepare: Prepare) -> None:
    """Serves on a socket until SIGINT or SIGTERM, after `prepare` has run in this process.

    A single worker is this process: it serves with the services that are prepared. Several workers
    have their own.
    """
    os.environ.pop(metrics.DIRECTORY, None)
    if config.workers == 1:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_prepare_and_serve(config, listener, prepare))
        return
    asyncio.run(_prepare_and_close(config, prepare))
    with tempfile.TemporaryDirectory(prefix="waypath-metrics-") as directory:
        os.environ[metrics.DIRECTORY] = directory
        uvicorn_config = _uvicorn_config(config, "app.workers:create_worker", is_factory=True)
        Multiprocess(uvicorn_config, sockets=[listener]).run()


def create_worker() -> RequestMiddleware:
    """Returns the application of a worker process, which ends with the main process."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    app = main.create_app()
    _freeze()
    return app


async def _prepare_and_serve(config: Settings, listener: socket.socket, prepare: Prepare) -> None:
    services = main.create_services(config)
    try:
        # Before uvicorn, which would delay a signal until the application has started.
        await prepare(services)
        app = main.assemble(services, config)
    except BaseException:
        await services.close()
        raise
    _freeze()
    await uvicorn.Server(_uvicorn_config(config, app)).serve(sockets=[listener])


async def _prepare_and_close(config: Settings, prepare: Prepare) -> None:
    services = main.create_services(config)
    try:
        await prepare(services)
    finally:
        await services.close()


def _uvicorn_config(
    config: Settings, app: RequestMiddleware | str, *, is_factory: bool = False
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=is_factory,
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


def _freeze() -> None:
    # The objects of the start are permanent. A scan of them by the collector would delay requests.
    gc.collect()
    gc.freeze()


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGKILL)
