"""Suppression keys: secrets that turn identifiers into keyed hashes.

Without the key, nobody can find out by trial which identifiers a list of hashes has.
"""

import hashlib

MIN_KEY_BYTES, MAX_KEY_BYTES = 32, 64  # BLAKE2b takes no more

FORM = f"must have {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes as hexadecimal digits in each line"

_HASH_BYTES = 16
_ID_BYTES = 4
# They separate the two uses of a key (RFC 7693).
_OF_IDENTIFIERS, _OF_ID = b"waypath suppress", b"waypath key id"


class SuppressionKey:
    """A key, with an ID that discloses nothing of it."""

    def __init__(self, secret: bytes) -> None:
        self.id = hashlib.blake2b(key=secret, digest_size=_ID_BYTES, person=_OF_ID).hexdigest()
        self._hash = hashlib.blake2b(key=secret, digest_size=_HASH_BYTES, person=_OF_IDENTIFIERS)

    def digest(self, name: str) -> bytes:
        """The keyed hash of an identifier, `kind:value` in its normalised form: 128 bits."""
        keyed = self._hash.copy()
        keyed.update(name.encode())
        return keyed.digest()

    def hash(self, name: str) -> str:
        """The keyed hash as the graph has it: the ID of the key, a colon, and hexadecimal."""
        return f"{self.id}:{self.digest(name).hex()}"


def parse(text: str) -> tuple[SuppressionKey, ...]:
    """The keys in a text with one in each line, in their order. Raises ValueError with the rule."""
    keys: list[SuppressionKey] = []
    for line in text.split():
        try:
            secret = bytes.fromhex(line)
        except ValueError:
            raise ValueError(FORM) from None
        if not MIN_KEY_BYTES <= len(secret) <= MAX_KEY_BYTES:
            raise ValueError(FORM)
        keys.append(SuppressionKey(secret))
    if not keys:
        raise ValueError(FORM)
    return tuple(keys)


def split(stored: str) -> tuple[str, bytes]:
    """The ID of the key, and the digest, of a hash in the graph."""
    key_id, _, digest = stored.partition(":")
    return key_id, bytes.fromhex(digest)
