"""API keys: their format, their scopes, and the digest that the database stores."""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "wp_live_"
BROWSER_PREFIX = "wp_pub_"
EVENTS_WRITE = "events:write"
BROWSER_WRITE = "browser:write"  # of browser keys, which have no other scope
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
_PREFIXES = f"{PREFIX}|{BROWSER_PREFIX}"
_FORM = re.compile(f"(?:{_PREFIXES})[0-9A-Za-z]{{{_SECRET_LENGTH + _CHECKSUM_LENGTH}}}", re.ASCII)
_IN_TEXT = re.compile(f"({_PREFIXES})[0-9A-Za-z]+".encode())
# As browsers send it (RFC 6454): a lower-case host, in ASCII, and a port that is not the default.
_ORIGIN = re.compile(
    r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)(?::[1-9]\d{0,4})?", re.ASCII
)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def generate(prefix: str = PREFIX) -> str:
    """A new API key: the prefix, 178 random bits and a checksum, in letters and digits."""
    body = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    return body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Whether the text has the form of an API key and its checksum is right."""
    return (
        bool(_FORM.fullmatch(key)) and _checksum(key[:-_CHECKSUM_LENGTH]) == key[-_CHECKSUM_LENGTH:]
    )


def has_prefix(text: str) -> bool:
    """Whether the text has a prefix of an API key."""
    return text.startswith((PREFIX, BROWSER_PREFIX))


def is_for_browsers(key: str) -> bool:
    """Whether the text has the prefix of a browser key."""
    return key.startswith(BROWSER_PREFIX)


def origin(text: str) -> str:
    """Returns the origin of pages, such as `https://acme.com`. Raises ValueError with the rule."""
    lower = text.strip().lower()
    if not _ORIGIN.fullmatch(lower):
        raise ValueError("must be an origin such as https://acme.com, without a path")
    return lower.removesuffix(_DEFAULT_PORTS[lower.partition(":")[0]])


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
