"""The signing keys of an OAuth issuer: found by its metadata, cached, and read again."""

import asyncio
import time
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import jwt
import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct

from app.errors import Unavailable

log = structlog.get_logger()

REFRESH_AGE_SECONDS = 600.0  # older signing keys are read again, while in use
MAX_AGE_SECONDS = 3600.0  # older signing keys are not used
MIN_INTERVAL_SECONDS = 10.0  # between two reads, so that unknown IDs cannot cause many
FETCH_TIMEOUT_SECONDS = 5.0
MAX_DOCUMENT_BYTES = 512 * 1024
MIN_RSA_BITS = 2048

# Asymmetric ones alone: with a symmetric one, a public key would serve as a secret.
_ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}


_FAILURES = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    msgspec.MsgspecError,
    OSError,
    ValueError,
    RecursionError,
)

Document = TypeVar("Document", bound=Struct)


class _Metadata(Struct):
    issuer: str
    jwks_uri: str


class _KeySet(Struct):
    keys: list[dict[str, Any]]


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
            async with (
                asyncio.timeout(FETCH_TIMEOUT_SECONDS),
                httpx2.AsyncClient(timeout=FETCH_TIMEOUT_SECONDS) as http,
            ):
                key_set = await _document(http, await self._keys_address(http), _KeySet)
        except _FAILURES as error:
            log.warning("oauth_keys_unavailable", issuer=self._issuer, error=repr(error))
            return
        self._keys = _usable(key_set.keys)
        self._read_at = started

    async def _keys_address(self, http: httpx2.AsyncClient) -> str:
        schemes = ("https", urlsplit(self._issuer).scheme)
        for address in _metadata_addresses(self._issuer):
            try:
                metadata = await _document(http, address, _Metadata)
            except (httpx2.HTTPStatusError, msgspec.MsgspecError):
                continue  # the issuer has another form of metadata
            if metadata.issuer == self._issuer:
                if urlsplit(metadata.jwks_uri).scheme not in schemes:
                    raise ValueError("the jwks_uri must be an https URL")
                return metadata.jwks_uri
        raise ValueError("no metadata names this issuer")


def _metadata_addresses(issuer: str) -> list[str]:
    """Where metadata may be: by RFC 8414, and by OpenID Connect Discovery."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    return list(
        dict.fromkeys(
            (
                f"{origin}/.well-known/oauth-authorization-server{path}",
                f"{origin}/.well-known/openid-configuration{path}",
                f"{origin}{path}/.well-known/openid-configuration",
            )
        )
    )


async def _document(http: httpx2.AsyncClient, address: str, kind: type[Document]) -> Document:
    async with http.stream("GET", address, headers={"Accept": "application/json"}) as response:
        response.raise_for_status()
        content = b""
        async for part in response.aiter_bytes():
            content += part
            if len(content) > MAX_DOCUMENT_BYTES:
                raise ValueError(f"{address} exceeds {MAX_DOCUMENT_BYTES} bytes")
    return msgspec.json.decode(content, type=kind)


def _usable(keys: list[dict[str, Any]]) -> dict[str | None, IssuerKey]:
    """The signing keys by their IDs. If there is only one, also without an ID."""
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
