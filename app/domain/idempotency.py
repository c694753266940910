"""Idempotency keys: how a caller names a write, so that repeating it stores nothing twice.

After the IETF's draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib

LENGTH = 255

# What a header can carry of it: blanks around its value are not part of it.
HEADER = rf"^[!-~]([ -~]{{0,{LENGTH - 2}}}[!-~])?$"


def key(text: str) -> str:
    """The key itself. Raises ValueError, with a message for the caller, where it cannot be one."""
    if not 1 <= len(text) <= LENGTH or not text.isprintable():
        raise ValueError(f"must be 1 to {LENGTH} printable characters")
    return text


def digest(payload: bytes) -> str:
    """What tells one payload from another under the same key: 128 bits, as hexadecimal."""
    return hashlib.blake2b(payload, digest_size=16).hexdigest()
