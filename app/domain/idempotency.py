"""Idempotency keys: how a caller names a write, so that repeating it stores nothing twice.

After the IETF's draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib

MAX_KEY_LENGTH = 255

# What a header can carry of it: blanks around its value are not part of it.
HEADER_PATTERN = rf"^[!-~]([ -~]{{0,{MAX_KEY_LENGTH - 2}}}[!-~])?$"


def key(text: str) -> str:
    """The idempotency key in a text.

    Raises ValueError with a message for the caller.
    """
    if not 1 <= len(text) <= MAX_KEY_LENGTH or not text.isprintable():
        raise ValueError(f"must be 1 to {MAX_KEY_LENGTH} printable characters")
    return text


def digest(payload: bytes) -> str:
    """The digest of a payload, by which a replay is told from a conflict: 128 bits in hex."""
    return hashlib.blake2b(payload, digest_size=16).hexdigest()
