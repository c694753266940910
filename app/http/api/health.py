"""The health routes: liveness, readiness and metrics."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from app import errors
from app.access.api_keys import METRICS_READ
from app.http import headers
from app.http.endpoints import Call, Operation
from app.http.openapi import schemas
from app.http.responses import json_response
from app.observability import metrics
from app.observability.metrics import Metrics

NOT_READY = "Neo4j is unavailable, or a schema migration is not applied. The log names the cause."
NOT_ALIVE = "The consumer does not poll its topics. Restart it."


class ReadinessCheck(Protocol):
    """Knows whether the process is ready."""

    @property
    def is_ready(self) -> bool:
        """Whether the process could do its work at the last check."""
        ...


class HealthRoutes:
    """The routes for monitoring. A process is live while it responds and `is_alive` is true."""

    def __init__(
        self,
        readiness: ReadinessCheck,
        metrics: Metrics,
        is_alive: Callable[[], bool] = lambda: True,
    ) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._is_alive = is_alive

    @Operation(
        method="GET",
        path="/healthz",
        id="health",
        tag="Health",
        summary="Check liveness",
        description="Returns 200 while the process runs. Does not query Neo4j.",
        response=(schemas.Health,),
        returns="The status.",
    )
    async def health(self, request: Request) -> Response:
        """Responds while the process runs."""
        if not self._is_alive():
            raise errors.Unavailable(NOT_ALIVE)
        return json_response({"status": "ok"})

    @Operation(
        method="GET",
        path="/readyz",
        id="readiness",
        tag="Health",
        summary="Check readiness",
        description=(
            "Returns 200 if Neo4j is available and all schema migrations are applied, else 503. "
            "The service recovers without a restart."
        ),
        response=(schemas.Health,),
        returns="The status.",
        errors=(errors.Unavailable,),
        error_examples=(errors.Unavailable(NOT_READY),),
    )
    async def ready(self, request: Request) -> Response:
        """Responds if the database is available and its schema is in place."""
        if not self._readiness.is_ready:
            raise errors.Unavailable(NOT_READY)
        return json_response({"status": "ok"})

    # Behind a scope, since metrics reveal business volumes and the port may be public. A stale API
    # key is allowed, since they are wanted most while the database is unavailable.
    @Operation(
        method="GET",
        path="/metrics",
        id="readMetrics",
        tag="Health",
        summary="Read metrics",
        description=(
            "Returns the metrics of all worker processes, for Prometheus. While Neo4j is "
            "unavailable, an API key that the service used before stays valid here."
        ),
        scope=METRICS_READ,
        allow_stale=True,
        # The monitors of the Prometheus Operator send no other header than Authorization.
        key_of=headers.agent_key,
        security=("apiKey", "bearer"),
        returns="The metrics in the text format of Prometheus.",
    )
    async def read_metrics(self, call: Call[None]) -> Response:
        """Reads the metrics of all worker processes."""
        text = await asyncio.to_thread(self._metrics.render)  # reads the files of every worker
        return Response(text, media_type=metrics.MEDIA_TYPE)
