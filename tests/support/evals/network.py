"""The network between the agent and the service, which loses a request or a response."""

import httpx2

from tests.support import http_client


class LossyTransport(httpx2.AsyncBaseTransport):
    """Loses the next message if `fault` is set: `request lost` or `response lost`."""

    def __init__(self) -> None:
        self._transport = httpx2.AsyncHTTPTransport(verify=False)
        self.fault: str | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        fault, self.fault = self.fault, None
        if fault == "request lost":
            raise httpx2.ReadError("the request was lost", request=request)
        response = await self._transport.handle_async_request(request)
        if fault == "response lost":
            await response.aread()  # so that the service has done its work
            await response.aclose()
            raise httpx2.ReadError("the response was lost", request=request)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


def client(transport: LossyTransport, headers: dict[str, str]) -> httpx2.AsyncClient:
    """An HTTP client on the network, which sends the headers with each request."""
    return http_client.AsyncClient(transport=transport, headers=headers)
