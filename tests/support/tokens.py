"""Access tokens that the tests sign themselves, with a key pair of their own."""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "https://events.acme.com/mcp"


class Signer:
    """An RSA key pair with an ID."""

    def __init__(self, key_id="one", bits=2048):
        self.key_id = key_id
        self.private = rsa.generate_private_key(65537, bits)

    def jwk(self, *, private=False, **members):
        """The key as a JSON Web Key."""
        key = self.private if private else self.private.public_key()
        data = json.loads(RSAAlgorithm.to_jwk(key))
        data.pop("key_ops", None)
        return data | {"kid": self.key_id, "use": "sig"} | members

    def token(self, issuer, algorithm="RS256", key=None, headers=None, **claims):
        """An access token of an issuer. A claim or a header of None is absent."""
        now = int(time.time())
        all_claims = {
            "iss": issuer,
            "aud": AUDIENCE,
            "sub": "support-agent",
            "client_id": "support-agent",
            "scope": "events:write context:read",
            "iat": now,
            "exp": now + 300,
        } | claims
        present = {name: value for name, value in all_claims.items() if value is not None}
        return self.sign(json.dumps(present), algorithm, key, headers)

    def sign(self, claims, algorithm="RS256", key=None, headers=None):
        """An access token whose claims are a text of JSON. A header of None is absent."""
        all_headers = {"kid": self.key_id, "typ": "at+jwt"} | (headers or {})
        present = {name: value for name, value in all_headers.items() if value is not None}
        return jwt.PyJWS().encode(claims.encode(), key or self.private, algorithm, present)
