"""OAuth access tokens: JWTs of one issuer (RFC 9068), verified by its signing keys."""

from typing import Any
from urllib.parse import quote

import jwt

from app.access import token_scopes
from app.access.issuer_keys import IssuerKeys
from app.access.token_policy import TokenClient, TokenPolicy
from app.errors import Unauthenticated

LEEWAY_SECONDS = 30  # between the clocks of the issuer and of this host
MAX_TOKEN_LENGTH = 8192
MAX_NAME_LENGTH = 255
INVALID_TOKEN = "The access token is invalid, expired or for another service."  # noqa: S105

# Many issuers send JWT, or nothing. Other types of tokens, such as logout tokens, are none.
_TYPES = ("at+jwt", "application/at+jwt", "jwt", "")


class AccessTokens:
    """Verifies access tokens by a policy, with the signing keys of the issuer."""

    def __init__(self, policy: TokenPolicy, keys: IssuerKeys) -> None:
        self._policy = policy
        self._keys = keys
        self._scope_path = token_scopes.claim_path(policy.scope_claim)

    async def verify(self, token: str) -> TokenClient:
        """Returns the client of a token, with those scopes of the token that are known.

        Raises Unauthenticated, or Unavailable if the signing keys of the issuer cannot be read.
        """
        try:
            return self._client(await self._claims(token))
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise Unauthenticated(INVALID_TOKEN) from None

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_LENGTH:
            raise ValueError("too long")
        header = jwt.get_unverified_header(token)
        if str(header.get("typ", "")).lower() not in _TYPES:
            raise ValueError("no access token")
        key = await self._keys.find(header.get("kid"))
        if key is None:
            raise ValueError("unknown signing key")
        return jwt.decode(
            token,
            key.key,
            algorithms=key.algorithms,
            audience=self._policy.audience,
            issuer=self._policy.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )

    def _client(self, claims: dict[str, Any]) -> TokenClient:
        """The client of verified claims. A user of it has an ID of his own."""
        subject = _name(claims["sub"])
        client = _name(claims.get("client_id") or claims.get("azp") or subject)
        names = [self._policy.issuer, client, *([subject] if subject != client else [])]
        id_ = "oauth:" + ":".join(quote(name, safe="/@|.-_~") for name in names)
        scopes = token_scopes.read(claims, self._scope_path, self._policy.scope_prefix)
        return TokenClient(id_, client, id_, scopes, int(claims["exp"]), revoked=False)


def _name(claim: Any) -> str:
    if not isinstance(claim, str) or not 0 < len(claim) <= MAX_NAME_LENGTH:
        raise ValueError("no name of a client or a subject")
    return claim
