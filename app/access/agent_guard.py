"""The guard of agents over HTTP: it takes API keys, and access tokens of an OAuth issuer."""

from typing import TYPE_CHECKING

from app.access import api_keys
from app.access.authenticator import ApiKey, Authenticator
from app.access.guard import Guard
from app.access.rate_limiter import RateLimiter
from app.access.token_policy import TokenPolicy
from app.errors import ForbiddenScope

if TYPE_CHECKING:
    from app.access.access_tokens import AccessTokens


class AgentGuard(Guard):
    """Checks every call of an agent. With a policy, a text that is no API key is a token."""

    def __init__(
        self, authenticator: Authenticator, rate_limiter: RateLimiter, policy: TokenPolicy | None
    ) -> None:
        super().__init__(authenticator, rate_limiter)
        self._tokens = _access_tokens(policy) if policy else None

    async def authorize(
        self, text: str | None, scope: str | None = None, *, allow_stale: bool = False
    ) -> ApiKey:
        """Returns the API key, or the client of the access token, that `text` is.

        Raises Unauthenticated, ForbiddenScope or Unavailable.
        """
        if self._tokens is None or text is None or api_keys.has_prefix(text):
            return await super().authorize(text, scope, allow_stale=allow_stale)
        client = await self._tokens.verify(text)
        if scope and scope not in client.scopes:
            raise ForbiddenScope(scope, "access token")
        return client


def _access_tokens(policy: TokenPolicy) -> "AccessTokens":
    from app.access import access_tokens, issuer_keys  # noqa: PLC0415 - load cryptography

    return access_tokens.AccessTokens(policy, issuer_keys.IssuerKeys(policy.issuer))
