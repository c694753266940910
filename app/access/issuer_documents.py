"""The documents of an OAuth issuer: its metadata, and its signing keys."""

import asyncio
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec
from msgspec import Struct

FETCH_TIMEOUT_SECONDS = 5.0  # for all documents together
MAX_DOCUMENT_BYTES = 512 * 1024
MAX_QUOTED_CHARACTERS = 200

Document = TypeVar("Document", bound=Struct)


class IssuerError(Exception):
    """The documents of an issuer cannot be used. The text has the reason."""


class _Unusable(IssuerError):
    """One document is missing, or has another form."""


class _Metadata(Struct):
    issuer: str
    jwks_uri: str


class _KeySet(Struct):
    keys: list[dict[str, Any]]


async def read_key_set(issuer: str) -> list[dict[str, Any]]:
    """Returns the signing keys of an issuer as JSON, found by its metadata. Raises IssuerError."""
    try:
        async with (
            asyncio.timeout(FETCH_TIMEOUT_SECONDS),
            httpx2.AsyncClient(timeout=None) as http,  # bounded by the line above
        ):
            key_set = await _document(http, await _keys_address(http, issuer), _KeySet)
    except TimeoutError:
        raise IssuerError(f"no response within {FETCH_TIMEOUT_SECONDS:g} s") from None
    return key_set.keys


async def _keys_address(http: httpx2.AsyncClient, issuer: str) -> str:
    reasons: list[str] = []
    for address in _metadata_addresses(issuer):
        try:
            metadata = await _document(http, address, _Metadata)
        except _Unusable as error:
            reasons.append(str(error))
            continue  # the issuer has another form of metadata
        if metadata.issuer == issuer:
            schemes = ("https://", issuer.partition("//")[0] + "//")
            if not metadata.jwks_uri.lower().startswith(schemes):
                raise IssuerError(f"the jwks_uri in {address} is no https URL")
            return metadata.jwks_uri
        reasons.append(f"{address} names the issuer {metadata.issuer[:MAX_QUOTED_CHARACTERS]!r}")
    raise IssuerError(f"no metadata of {issuer}: {'; '.join(reasons)}")


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
    try:
        content = await _content(http, address)
        return msgspec.json.decode(content, type=kind)
    except httpx2.HTTPStatusError as error:
        raise _Unusable(f"{address} returned the status {error.response.status_code}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _Unusable(f"{address} has no such document: {error}") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise IssuerError(f"cannot read {address}: {error or type(error).__name__}") from None


async def _content(http: httpx2.AsyncClient, address: str) -> bytes:
    async with http.stream("GET", address, headers={"Accept": "application/json"}) as response:
        response.raise_for_status()
        content = b""
        async for part in response.aiter_bytes():
            content += part
            if len(content) > MAX_DOCUMENT_BYTES:
                raise IssuerError(f"{address} exceeds {MAX_DOCUMENT_BYTES} bytes")
    return content
