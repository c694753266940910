"""OAuth 2.1 access tokens: JWTs of one issuer (RFC 9068), verified by its published keys."""

import asyncio
import time
from typing import Any

import httpx2
import jwt
import structlog
from msgspec import Struct

from app.access import api_keys
from app.access.authenticator import ApiKey
from app.errors import Unauthenticated, Unavailable

log = structlog.get_logger()

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # none with a shared secret
KEYS_MAX_AGE_SECONDS = 600.0
KEYS_MIN_AGE_SECONDS = 10.0  # an unknown key ID reads the keys again no sooner
FETCH_TIMEOUT_SECONDS = 5.0
MAX_TOKEN_LENGTH = 8192
INVALID_TOKEN = "The access token is invalid or expired."  # noqa: S105 - a message

_METADATA = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


class TokenPolicy(Struct, frozen=True):
    """The issuer and the audience of accepted tokens, and the claim with the scopes."""

    issuer: str
    audience: str
    scope_claim: str = "scope"


class AccessTokens:
    """Verifies access tokens. Reads the keys of the issuer at the first token."""

    def __init__(self, policy: TokenPolicy) -> None:
        self._policy = policy
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = float("-inf")  # by the monotonic clock
        self._lock = asyncio.Lock()

    async def verify(self, token: str) -> ApiKey:
        """Returns the client of a token in the form of an API key, with the scopes of the token.

        The subject and the client are its rate limit and its producer. Raises Unauthenticated, or
        Unavailable if the keys of the issuer cannot be read.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unauthenticated(INVALID_TOKEN)
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header.get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._policy.audience,
                issuer=self._policy.issuer,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError:
            raise Unauthenticated(INVALID_TOKEN) from None
        if str(header.get("typ", "")).lower() not in ("at+jwt", "application/at+jwt"):
            raise Unauthenticated(INVALID_TOKEN)  # an ID token is no access token
        return self._client(claims)

    def _client(self, claims: dict[str, Any]) -> ApiKey:
        client = str(claims.get("client_id") or claims["sub"])
        granted = claims.get(self._policy.scope_claim, "")
        names = granted.split() if isinstance(granted, str) else granted
        scopes = frozenset(api_keys.SCOPES).intersection(map(str, names))
        id_ = f"oauth:{client}:{claims['sub']}"
        return ApiKey(id_, client, f"oauth:{client}", scopes, int(claims["exp"]), False)

    async def _key(self, key_id: str | None) -> jwt.PyJWK:
        async with self._lock:
            age = time.monotonic() - self._read_at
            if age > KEYS_MAX_AGE_SECONDS or (
                key_id not in self._keys and age > KEYS_MIN_AGE_SECONDS
            ):
                await self._read_keys()
        if key_id not in self._keys:
            raise Unauthenticated(INVALID_TOKEN)
        return self._keys[key_id]

    async def _read_keys(self) -> None:
        try:
            async with httpx2.AsyncClient(timeout=FETCH_TIMEOUT_SECONDS) as http:
                metadata = await self._metadata(http)
                response = await http.get(metadata["jwks_uri"])
                response.raise_for_status()
                keys = jwt.PyJWKSet.from_dict(response.json()).keys
        except (httpx2.HTTPError, jwt.PyJWTError, ValueError, KeyError) as error:
            log.warning("oauth_keys_failed", error=str(error))
            raise Unavailable() from None
        self._keys = {key.key_id: key for key in keys if key.key_id}
        self._read_at = time.monotonic()

    async def _metadata(self, http: httpx2.AsyncClient) -> dict[str, Any]:
        issuer = self._policy.issuer
        for path in _METADATA:
            response = await http.get(issuer.rstrip("/") + path)
            if response.status_code == 200 and response.json().get("issuer") == issuer:
                return response.json()
        raise ValueError(f"{issuer} has no metadata")
