"""Responses of the routes of tracking SDKs: the form of their errors, and their CORS headers."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.access import api_keys
from app.http.endpoints import Handler
from app.http.error_mapping import map_error
from app.http.responses import STATUS, error_headers, json_response
from app.http.segment import cors
from app.http.segment.operation import error_content


def respond(handler: Handler) -> Handler:
    """Returns the handler whose errors have the form that SDKs read, and that pages may call."""

    async def handle(request: Request) -> Response:
        try:
            response = await handler(request)
        except ClientDisconnect:
            raise
        except Exception as error:
            response = _error_response(error, request)
        return cors.allow(response)

    return handle


def _error_response(error: Exception, request: Request) -> Response:
    path = api_keys.mask(request.url.path.encode()).decode()
    mapped, request_id = map_error(error, method=request.method, path=path)
    content = error_content(mapped, request_id)
    return json_response(content, STATUS[mapped.code], error_headers(mapped))
