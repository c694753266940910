"""API keys: their format, their scopes, and the digest that the database stores."""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "wp_live_"
EVENTS_WRITE = "events:write"
EVENTS_READ = "events:read"
CONTEXT_READ = "context:read"
IDENTITY_READ = "identity:read"
IDENTITY_WRITE = "identity:write"
CUSTOMERS_DELETE = "customers:delete"
METRICS_READ = "metrics:read"
SCOPES = (
    EVENTS_WRITE,
    EVENTS_READ,
    CONTEXT_READ,
    IDENTITY_READ,
    IDENTITY_WRITE,
    CUSTOMERS_DELETE,
    METRICS_READ,
)

_ALPHABET = string.digits + string.ascii_letters
_SECRET_LENGTH = 30  # of 62 characters each: 178 bits
_CHECKSUM_LENGTH = 6
_FORM = re.compile(f"{PREFIX}[0-9A-Za-z]{{{_SECRET_LENGTH + _CHECKSUM_LENGTH}}}", re.ASCII)
_IN_TEXT = re.compile(f"({PREFIX})[0-9A-Za-z]+".encode())


def generate() -> str:
    """A new API key: the prefix, 178 random bits and a checksum, in letters and digits."""
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    return body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Whether the text has the form of an API key and its checksum is right."""
    return (
        bool(_FORM.fullmatch(key)) and _checksum(key[:-_CHECKSUM_LENGTH]) == key[-_CHECKSUM_LENGTH:]
    )


def mask(text: bytes) -> bytes:
    """Returns a text in which each API key is masked, but for its prefix."""
    return _IN_TEXT.sub(rb"\1***", text) if b"wp_" in text else text


def digest(key: str) -> str:
    """The SHA-256 of the text of an API key, as hexadecimal; a random text needs no slower hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    remainder = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        remainder, digit = divmod(remainder, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
