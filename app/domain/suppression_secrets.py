"""Suppression secrets: they turn identifiers into keyed hashes.

Without the secret, no trial discloses the identifiers in a list of hashes.
"""

import hashlib

MIN_SECRET_BYTES, MAX_SECRET_BYTES = 32, 64  # BLAKE2b takes no more

FORM = (
    f"must have {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes as hexadecimal digits in each line"
)

_HASH_BYTES = 16
_ID_BYTES = 4
# They separate the two uses of a secret (RFC 7693).
_OF_IDENTIFIERS, _OF_ID = b"waypath suppress", b"waypath ID"


class SuppressionSecret:
    """A secret, and an ID that does not disclose it."""

    def __init__(self, secret: bytes) -> None:
        self.id = hashlib.blake2b(key=secret, digest_size=_ID_BYTES, person=_OF_ID).hexdigest()
        self._hash = hashlib.blake2b(key=secret, digest_size=_HASH_BYTES, person=_OF_IDENTIFIERS)

    def digest(self, name: str) -> bytes:
        """The keyed hash of an identifier, `kind:value` in its normalised form: 128 bits."""
        keyed = self._hash.copy()
        keyed.update(name.encode())
        return keyed.digest()

    def hash(self, name: str) -> str:
        """The keyed hash as the graph has it: the ID of the secret, a colon, and hexadecimal."""
        return f"{self.id}:{self.digest(name).hex()}"


def parse(text: str) -> tuple[SuppressionSecret, ...]:
    """The secrets in a text with one in each line, in order. Raises ValueError with the rule."""
    secrets: list[SuppressionSecret] = []
    for line in text.split():
        try:
            secret = bytes.fromhex(line)
        except ValueError:
            raise ValueError(FORM) from None
        if not MIN_SECRET_BYTES <= len(secret) <= MAX_SECRET_BYTES:
            raise ValueError(FORM)
        secrets.append(SuppressionSecret(secret))
    if not secrets:
        raise ValueError(FORM)
    return tuple(secrets)


def split(stored: str) -> tuple[str, bytes]:
    """The ID of the secret, and the digest, of a hash in the graph."""
    secret_id, _, digest = stored.partition(":")
    return secret_id, bytes.fromhex(digest)
