"""The live route: streams the events that arrive, as they are committed or rejected."""

from starlette.responses import Response

from app import errors
from app.access.api_keys import EVENTS_READ
from app.http import headers
from app.http.endpoints import Call, Operation
from app.http.event_stream import MEDIA_TYPE
from app.http.live_feed import MAX_STREAMS, LiveFeed, LiveQuery


class LiveRoutes:
    """The route of the live stream."""

    def __init__(self, feed: LiveFeed) -> None:
        self._feed = feed

    @Operation(
        method="GET",
        path="/v1/live",
        id="streamLiveEvents",
        tag="Events",
        summary="Stream events as they arrive",
        description=(
            "Streams a record of each event that arrives over HTTP, MCP or an import, once it is "
            "committed or rejected. The response is server-sent events, and does not end. Each "
            "`record` event has a JSON object. A `skipped` event has the number of records that a "
            "slow reader lost. A `coverage` event names the records that the stream has: those of "
            "`all` instances, of this `instance`, or of one `process`. An `end` event has the "
            "reason of the end. Comments keep the connection open. To resume, send the last event "
            f"ID as `Last-Event-ID`. An API key has at most {MAX_STREAMS} open streams in a "
            "worker. A revocation of the API key ends them."
        ),
        scope=EVENTS_READ,
        allow_stale=True,
        query=LiveQuery,
        request_headers=("Last-Event-ID",),
        media_type=MEDIA_TYPE,
        returns="The stream of server-sent events.",
        error_examples=(errors.RateLimited(60_000, 12),),
    )
    async def stream(self, call: Call[LiveQuery]) -> Response:
        """Opens a stream."""
        return self._feed.open(call, headers.api_key(call.request))
