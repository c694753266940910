"""The docs page: the OpenAPI document in Swagger UI, with local assets only."""

from collections.abc import Iterable
from functools import cached_property

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from app.http.endpoints import Endpoint, Operation
from app.http.openapi.document import document

_PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Waypath Events: API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="stylesheet" href="/docs/index.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <noscript>Without JavaScript: <a href="/openapi.json">the document itself</a>.</noscript>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
"""

# Without a validator, whose badge would send the address of this server to another one.
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
"""

_ASSETS = {"favicon-32x32.png", "index.css", "swagger-ui.css", "swagger-ui-bundle.js"}

_HEADERS = {
    # The pictures of Swagger UI are in its style sheet.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class DocsRoutes:
    """The routes of the OpenAPI document of some operations, and of its page."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._operations = operations
        self._static = StaticFiles(packages=[("swagger_ui", "static")])

    @Endpoint(method="GET", path="/openapi.json")
    async def document(self, request: Request) -> Response:
        """The OpenAPI document."""
        return Response(self._encoded, media_type="application/json")

    @Endpoint(method="GET", path="/docs")
    async def page(self, request: Request) -> Response:
        """Swagger UI."""
        return HTMLResponse(_PAGE, headers=_HEADERS)

    @Endpoint(method="GET", path="/docs/start.js")
    async def start(self, request: Request) -> Response:
        """The script that starts Swagger UI, in a file, so that no script is inline."""
        return Response(_START, media_type="text/javascript", headers=_HEADERS)

    @Endpoint(method="GET", path="/docs/{name}")
    async def asset(self, request: Request) -> Response:
        """A file of Swagger UI. Raises HTTPException for one that the page does not need."""
        name = request.path_params["name"]
        if name not in _ASSETS:
            raise HTTPException(404)
        response = await self._static.get_response(name, request.scope)
        response.headers.update(_HEADERS)
        return response

    @cached_property
    def _encoded(self) -> bytes:
        return msgspec.json.encode(document(self._operations))
