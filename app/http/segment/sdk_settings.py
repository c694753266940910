"""The settings that the browser SDK reads when a page loads it."""

from starlette.requests import Request
from starlette.responses import Response

from app.access import api_keys
from app.access.guard import Guard
from app.errors import ForbiddenScope, ServiceError, Unavailable
from app.http.endpoints import Endpoint, Handler
from app.http.responses import json_response
from app.http.segment import credentials
from app.http.segment.responses import respond

# Shared caches must not store it: it names the host of the request.
_HEADERS = {"Cache-Control": "private, max-age=300"}


class ServerKeyInPage(ForbiddenScope):
    """403: a page has an API key that is not for browsers."""

    def __init__(self) -> None:
        ServiceError.__init__(
            self,
            "This API key must not be in a page. Revoke it, and create a browser key: "
            "`waypath keys create --browser`.",
        )


class SettingsRoutes:
    """The route of the settings of the browser SDK."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def _respond(self, handler: Handler) -> Handler:
        return respond(handler)

    @Endpoint(method="GET", path="/v1/projects/{write_key}/settings", around=_respond)
    async def settings(self, request: Request) -> Response:
        """Names this service as the receiver of calls. Without it, the SDK sends them to Segment.

        Raises Unauthenticated, ForbiddenScope or ForbiddenOrigin: the SDK then does not load. While
        the database is unavailable, an unknown browser key gets the settings: they are public.
        """
        write_key = request.path_params["write_key"]
        if api_keys.is_well_formed(write_key) and not api_keys.is_for_browsers(write_key):
            raise ServerKeyInPage()
        try:
            api_key = await self._guard.authorize_any(write_key, allow_stale=True)
            if "origin" in request.headers:  # a page of the service's own origin sends none
                credentials.require_sender(api_key, request)
        except Unavailable:
            pass
        return json_response(_content(write_key, request), headers=_HEADERS)


def _content(write_key: str, request: Request) -> dict[str, object]:
    receiver = {"apiKey": write_key, "apiHost": f"{request.url.netloc}/v1"}
    if request.url.scheme == "http":
        receiver["protocol"] = "http"  # the SDK's default is https
    return {
        "integrations": {"Segment.io": receiver},
        "metrics": {"sampleRate": 0},  # the SDK sends no metrics of its own
    }
