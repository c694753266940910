"""The static files: the style sheet, the scripts and the icon."""

from starlette.requests import Request
from starlette.responses import Response

from app.http.errors import NotFound
from app.http.web import assets
from app.http.web.page import Page

_CACHE_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}


class StaticFiles:
    """The route of the static files."""

    def __init__(self) -> None:
        self._assets = assets.load()

    @Page(method="GET", path=assets.ROUTE)
    async def asset(self, request: Request) -> Response:
        """A file of `static/`."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            raise NotFound("No such file.")
        return Response(asset.content, 200, _CACHE_HEADERS, asset.media_type)
