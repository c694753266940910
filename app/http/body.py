"""The body of a request: JSON or a form, within the limits of its media type and size.

The protocol limits the time that it may take.
"""

import zlib
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

from app.domain import validation
from app.errors import FieldError, InvalidPayload, PayloadTooLarge
from app.http.errors import UnsupportedMediaType

MAX_BODY_BYTES = 5 * 1024 * 1024
MAX_FORM_BYTES = 8 * 1024
MAX_FORM_FIELDS = 10

UNKNOWN_ENCODING = "The Content-Encoding must be gzip or identity."

_GZIP = 16 + zlib.MAX_WBITS


def has_body(request: Request) -> bool:
    """Whether a request has a body, on a route whose body is optional."""
    length = request.headers.get("content-length", "0")
    return length != "0" or "transfer-encoding" in request.headers


async def read_json(request: Request) -> bytes:
    """Returns the bytes of a JSON body, decompressed if it is gzip.

    Raises UnsupportedMediaType, PayloadTooLarge, InvalidPayload or ClientDisconnect.
    """
    _require_json(request)
    return await read_any(request)


async def read_any(request: Request) -> bytes:
    """Returns the bytes of a body of any media type, decompressed if it is gzip.

    Raises UnsupportedMediaType, PayloadTooLarge, InvalidPayload or ClientDisconnect.
    """
    if _declared_size(request) > MAX_BODY_BYTES:
        raise too_large()
    inflate = _inflater(request.headers.get("content-encoding", "identity").strip().lower())
    return await _read(request, inflate, MAX_BODY_BYTES)


def _require_json(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "application/json":
        raise UnsupportedMediaType()
    if parameters.strip().lower().removeprefix("charset=").strip('"') not in ("", "utf-8"):
        raise UnsupportedMediaType("The charset must be utf-8.")


async def read_form(request: Request) -> dict[str, str]:
    """Returns the fields of a small form, the last value of each name.

    Raises UnsupportedMediaType, PayloadTooLarge, InvalidPayload or ClientDisconnect.
    """
    fields = await read_fields(request, MAX_FORM_BYTES, MAX_FORM_FIELDS)
    return {name: values[-1] for name, values in fields.items()}


async def read_fields(request: Request, max_bytes: int, max_fields: int) -> dict[str, list[str]]:
    """Returns the fields of a form, all values of each name.

    Raises UnsupportedMediaType, PayloadTooLarge, InvalidPayload or ClientDisconnect.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("The Content-Type must be application/x-www-form-urlencoded.")
    if _declared_size(request) > max_bytes:
        raise too_large(max_bytes)
    body = await _read(request, _identity, max_bytes)
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=max_fields)
    except ValueError:
        raise validation.invalid([FieldError("", "must be a form")]) from None


async def _read(request: Request, inflate: Callable[[bytes], bytes], size: int) -> bytes:
    pieces: list[bytes] = []
    received = inflated = 0
    is_whole = False
    while not is_whole:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        is_whole = not message.get("more_body")
        if chunk := message.get("body"):
            pieces.append(inflate(chunk))
            received += len(chunk)
            inflated += len(pieces[-1])
            if received > size or inflated > size:
                raise too_large(size)
    pieces.append(inflate(b""))
    return b"".join(pieces)


def _identity(chunk: bytes) -> bytes:
    return chunk


def _inflater(encoding: str) -> Callable[[bytes], bytes]:
    if encoding == "identity":
        return _identity
    if encoding not in ("gzip", "x-gzip"):
        raise UnsupportedMediaType(UNKNOWN_ENCODING)
    stream = zlib.decompressobj(_GZIP)

    def inflate(chunk: bytes) -> bytes:
        if not chunk:  # the last one
            if stream.eof:
                return b""
            raise _not_gzip()
        try:
            # One byte over the limit proves that the body is too large.
            inflated = stream.decompress(chunk, MAX_BODY_BYTES + 1)
        except zlib.error:
            raise _not_gzip() from None
        if stream.unconsumed_tail:
            raise too_large()
        if stream.unused_data:
            raise _not_gzip()
        return inflated

    return inflate


def _declared_size(request: Request) -> int:
    return int(request.headers.get("content-length", "0"))


def too_large(size: int = MAX_BODY_BYTES) -> PayloadTooLarge:
    """The error of a body larger than `size` bytes."""
    limit = f"{size // 1024**2} MiB" if size >= 1024**2 else f"{size // 1024} KiB"
    return PayloadTooLarge(f"The body is larger than {limit}.")


def _not_gzip() -> InvalidPayload:
    return validation.invalid([FieldError("", "must be one complete gzip member")])
