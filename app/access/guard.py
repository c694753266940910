"""The guard: authorises API keys and enforces rate limits, for routes and MCP tools."""

from app.access.authenticator import ApiKey, Authenticator
from app.access.rate_limiter import RateLimiter


class Guard:
    """Checks every call, over HTTP or MCP, before it reaches a use case."""

    def __init__(self, authenticator: Authenticator, rate_limiter: RateLimiter) -> None:
        self._authenticator = authenticator
        self._rate_limiter = rate_limiter

    async def authorize(
        self, text: str | None, scope: str | None = None, *, allow_stale: bool = False
    ) -> ApiKey:
        """Returns the API key with the secret `text`. If there is a `scope`, the API key must have
        it.

        With `allow_stale`, a cached API key is valid while Neo4j is unavailable. Raises
        Unauthenticated, ForbiddenScope or Unavailable.
        """
        return await self._authenticator.authenticate(text, scope, allow_stale=allow_stale)

    async def consume(self, api_key: ApiKey, events: int = 1) -> None:
        """Counts events of an API key against its rate limit; any other call counts as one event.

        Raises RateLimited or PayloadTooLarge.
        """
        await self._rate_limiter.consume(api_key.id, events)
