"""The policy for OAuth access tokens, and the clients that send them."""

from msgspec import Struct

from app.access.authenticator import ApiKey


class TokenPolicy(Struct, frozen=True):
    """The issuer and the audience of accepted tokens, and the form of their scopes.

    `scope_claim` is the name of the claim with the scopes, or a JSON Pointer to it. Each scope has
    the `scope_prefix` in that claim, and the `request_prefix` in the request of a client.
    """

    issuer: str
    audience: str
    scope_claim: str = "scope"
    scope_prefix: str = ""
    request_prefix: str = ""


class TokenClient(ApiKey, frozen=True):
    """The client of an access token, in place of an API key: its scopes are those of the token."""
