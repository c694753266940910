"""The gate: who may come in, and how much of it."""

from app.access.authenticator import ApiKey, Keyring
from app.access.rate_limiter import Limiter


class Gate:
    """Stands before every use case, whichever door a caller takes."""

    def __init__(self, keyring: Keyring, limiter: Limiter) -> None:
        self._keyring = keyring
        self._limiter = limiter

    async def admit(
        self, text: str | None, scope: str | None = None, *, is_memory_enough: bool = False
    ) -> ApiKey:
        """The API key that `text` is, with the scope where one is named.

        Where memory is enough, a key that was known before opens while the database is away.
        Raises Unauthenticated, ForbiddenScope or Unavailable.
        """
        return await self._keyring.authenticate(text, scope, is_memory_enough=is_memory_enough)

    async def spend(self, api_key: ApiKey, events: int = 1) -> None:
        """Counts events of a key, or one for a reading. Raises RateLimited or PayloadTooLarge."""
        await self._limiter.spend(api_key.id, events)
