"""Observation: a handler of events, of whose requests the observers of ingest learn."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.http.endpoints import Handler
from app.http.responses import REJECTED_WITH
from app.ingest.observer import ObservedRequest, Sender
from app.ingest.service import Ingest

_STATE_KEY = "observed_request"  # in a request's state


def observe(ingest: Ingest, handler: Handler, unknown: Sender) -> Handler:
    """Returns the handler that also notifies the observers, of every request and rejection.

    Until the handler sets another sender, it is the `unknown` one.
    """

    async def handle(request: Request) -> Response:
        with ingest.observe(unknown) as observed:
            state = request.scope["state"]
            state[_STATE_KEY] = observed
            try:
                return await handler(request)
            except ClientDisconnect:
                observed.error = state.get(REJECTED_WITH)
                observed.is_abandoned = observed.error is None
                raise
            finally:
                # The protocol keeps the state until the next request of the connection.
                del state[_STATE_KEY]

    return handle


def observed_request(request: Request) -> ObservedRequest:
    """The observed request, to which the handler adds what it learns."""
    return request.scope["state"][_STATE_KEY]
