"""The docs page: the OpenAPI document in Swagger UI, with nothing loaded from elsewhere."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from app.http.openapi import document as openapi
from app.http.routing import route

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

# Without a validator: its badge would tell another server of this one.
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

_static = StaticFiles(packages=[("swagger_ui", "static")])


async def document(request: Request) -> Response:
    """`GET /openapi.json`: the OpenAPI document."""
    return Response(openapi.encoded(), media_type="application/json")


async def page(request: Request) -> Response:
    """`GET /docs`: Swagger UI."""
    return HTMLResponse(_PAGE, headers=_HEADERS)


async def start(request: Request) -> Response:
    """`GET /docs/start.js`: what starts it, apart from the page so that no script is inline."""
    return Response(_START, media_type="text/javascript", headers=_HEADERS)


async def asset(request: Request) -> Response:
    """`GET /docs/{name}`: a file of Swagger UI. Raises HTTPException where the page needs none."""
    name = request.path_params["name"]
    if name not in _ASSETS:
        raise HTTPException(404)
    response = await _static.get_response(name, request.scope)
    response.headers.update(_HEADERS)
    return response


ROUTES = [
    route("/openapi.json", document, "GET", is_documented=False),
    route("/docs", page, "GET", is_documented=False),
    route("/docs/start.js", start, "GET", is_documented=False),
    route("/docs/{name}", asset, "GET", is_documented=False),
]
