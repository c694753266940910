"""The guard: authorises API keys and enforces rate limits, for routes and MCP tools."""

from app.access.authenticator import ApiKey, Authenticator
from app.access.rate_limiter import RateLimiter


class Guard:
    """Checks every call, over HTTP or MCP, before it reaches a use case."""

    def __init__(
        self,
        authenticator: Authenticator,
        rate_limiter: RateLimiter,
        browser_rate_limit: int | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._rate_limiter = rate_limiter
        self._browser_rate_limit = browser_rate_limit

    async def authorize(
        self, text: str | None, scope: str | None = None, *, allow_stale: bool = False
    ) -> ApiKey:
        """Returns the API key with the secret `text`. If there is a `scope`, the API key must have
        it.

        With `allow_stale`, a cached API key is valid while Neo4j is unavailable. Raises
        Unauthenticated, ForbiddenScope or Unavailable.
        """
        return await self._authenticator.authenticate(text, scope, allow_stale=allow_stale)

    async def authorize_any(self, text: str | None, *, allow_stale: bool = False) -> ApiKey:
        """Returns the API key with the secret `text`, which may be a browser key.

        The caller checks its scope and its origins. Raises Unauthenticated or Unavailable.
        """
        return await self._authenticator.authenticate_any(text, allow_stale=allow_stale)

    async def consume(self, api_key: ApiKey, events: int = 1) -> None:
        """Counts events of an API key against its rate limit; any other call counts as one event.

        A browser key has a limit of its own. Raises RateLimited or PayloadTooLarge.
        """
        limit = None if api_key.origins is None else self._browser_rate_limit
        await self._rate_limiter.consume(api_key.id, events, limit)
