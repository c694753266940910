"""Idempotency keys: the client's names of writes, so that a retry stores nothing twice.

Source: the IETF's draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib

MAX_KEY_LENGTH = 255

# The idempotency keys that a header can carry: blanks around the value of a header are not part of
# it.
HEADER_PATTERN = rf"^[!-~]([ -~]{{0,{MAX_KEY_LENGTH - 2}}}[!-~])?$"


def key(text: str) -> str:
    """Returns the idempotency key in a text. Raises ValueError with a message for the client."""
    if not 1 <= len(text) <= MAX_KEY_LENGTH or not text.isprintable():
        raise ValueError(f"must be 1 to {MAX_KEY_LENGTH} printable characters")
    return text


def digest(payload: bytes) -> str:
    """Returns the digest of a payload, 128 bits of BLAKE2b in hex.

    A repeat of an idempotency key is a replay if the digests are equal, else a conflict.
    """
    return hashlib.blake2b(payload, digest_size=16).hexdigest()
