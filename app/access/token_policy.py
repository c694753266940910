"""The policy for OAuth access tokens, and the clients that send them."""

from msgspec import Struct

from app.access.authenticator import ApiKey


class TokenPolicy(Struct, frozen=True):
    """The issuer and the audience of accepted tokens, and the name of the claim with the scopes."""

    issuer: str
    audience: str
    scope_claim: str = "scope"


class TokenClient(ApiKey, frozen=True):
    """The client of an access token, in place of an API key: its scopes are those of the token."""
