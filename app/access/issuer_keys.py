"""The signing keys of an OAuth issuer: cached, and read again."""

import asyncio
import time
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct

from app.access.issuer_documents import IssuerError, read_key_set
from app.errors import Unavailable

log = structlog.get_logger()

REFRESH_AGE_SECONDS = 600.0  # older signing keys are read again, while in use
MAX_AGE_SECONDS = 3600.0  # older signing keys are not used
MIN_INTERVAL_SECONDS = 10.0  # between two reads, so that unknown IDs cannot cause many
MIN_RSA_BITS = 2048

# Asymmetric ones alone: with a symmetric one, a public key would serve as a secret.
_ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}


class IssuerUnavailable(Unavailable):
    """503: the signing keys of the OAuth issuer cannot be read."""

    text = "The OAuth issuer is unavailable. Retry after 10 s."
    retry_after = int(MIN_INTERVAL_SECONDS)


class IssuerKey(Struct, frozen=True):
    """A public key, and the algorithms of the signatures that it may verify."""

    key: Any
    algorithms: list[str]


class IssuerKeys:
    """Finds the signing keys of an issuer by their IDs. Reads them at the first call."""

    def __init__(self, issuer: str, min_interval: float = MIN_INTERVAL_SECONDS) -> None:
        self._issuer = issuer
        self._min_interval = min_interval
        self._keys: dict[str | None, IssuerKey] = {}
        self._read_at = self._tried_at = float("-inf")  # by the monotonic clock
        self._read: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> IssuerKey | None:
        """Returns the signing key with an ID, or without an ID the only one. None: there is none.

        An unknown ID reads them again, unless they were read just now. Raises Unavailable.
        """
        age = time.monotonic() - self._read_at
        if key_id in self._keys and age <= MAX_AGE_SECONDS:
            if age > REFRESH_AGE_SECONDS:
                self._start()
            return self._keys[key_id]
        if read := self._start():
            await asyncio.shield(read)  # a client that disconnects cancels it for no other
        if self._read_at < self._tried_at or time.monotonic() - self._read_at > MAX_AGE_SECONDS:
            raise IssuerUnavailable()
        return self._keys.get(key_id)

    def _start(self) -> asyncio.Task[None] | None:
        """Reads the signing keys, once for all callers; None if the last read is too recent."""
        if self._read and not self._read.done():
            return self._read
        if time.monotonic() - self._tried_at < self._min_interval:
            return None
        self._tried_at = time.monotonic()
        self._read = asyncio.create_task(self._refresh(self._tried_at))
        return self._read

    async def _refresh(self, started: float) -> None:
        try:
            self._keys = await read_keys(self._issuer)
        except IssuerError as error:
            log.warning("oauth_keys_unavailable", issuer=self._issuer, error=str(error))
            return
        self._read_at = started


async def read_keys(issuer: str) -> dict[str | None, IssuerKey]:
    """Returns the usable signing keys of an issuer by their IDs. Raises IssuerError.

    If there is only one, it is also without an ID.
    """
    return _usable(await read_key_set(issuer))


def _usable(keys: list[dict[str, Any]]) -> dict[str | None, IssuerKey]:
    found: dict[str | None, IssuerKey] = {}
    for data in keys:
        key_id = data.get("kid")
        if key := _usable_key(data):
            found[key_id if isinstance(key_id, str) else None] = key
    if len(found) == 1:
        found[None] = next(iter(found.values()))
    return found


def _usable_key(data: dict[str, Any]) -> IssuerKey | None:
    allowed = _ALGORITHMS.get(str(data.get("kty")), ())
    algorithms = [each for each in allowed if data.get("alg") in (None, each)]
    if not algorithms or data.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(data).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None  # such as an unknown curve
    is_weak = isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS
    return None if is_weak else IssuerKey(key, algorithms)
