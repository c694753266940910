"""The endpoints of the whole application, and their OpenAPI document, without a database."""

import asyncio

from app import main
from app.graph.connection import Database
from app.http import routing
from app.http.endpoints import Endpoint, Operation
from app.http.openapi.document import document
from app.observability.metrics import Metrics
from app.settings import Settings


async def _endpoints() -> list[Endpoint]:
    settings = Settings()
    services = main.Services(
        settings, Database("bolt://127.0.0.1:1", "neo4j", None, "neo4j"), Metrics()
    )
    try:
        return routing.endpoints(main.assemble(services, settings).router.routes)
    finally:
        await services.graph.close()


ENDPOINTS = asyncio.run(_endpoints())
OPERATIONS = [endpoint for endpoint in ENDPOINTS if isinstance(endpoint, Operation)]
DOCUMENT = document(OPERATIONS)
