"""The gate: who may come in, and how much of it."""

from app.access.authenticator import ApiKey, Authenticator
from app.access.rate_limiter import Limiter


class Gate:
    """Stands before every use case, whichever door a caller takes."""

    def __init__(self, authenticator: Authenticator, limiter: Limiter) -> None:
        self._authenticator = authenticator
        self._limiter = limiter

    async def admit(
        self, text: str | None, scope: str | None = None, *, allow_stale: bool = False
    ) -> ApiKey:
        """The API key that `text` is, with the scope where one is named.

        With `allow_stale`, a key that was known before counts while the database is unavailable.
        Raises Unauthenticated, ForbiddenScope or Unavailable.
        """
        return await self._authenticator.authenticate(text, scope, allow_stale=allow_stale)

    async def spend(self, api_key: ApiKey, events: int = 1) -> None:
        """Counts events of a key, or one for a reading. Raises RateLimited or PayloadTooLarge."""
        await self._limiter.spend(api_key.id, events)
