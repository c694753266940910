"""Signatures of webhooks, by the rules of Standard Webhooks (https://www.standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64

FORM = (
    f"must have a secret in each line: whsec_ and {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes "
    "in Base64"
)

_PREFIX = "whsec_"


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """The secrets in a text with one in each line. Raises ValueError with the rule."""
    secrets: list[bytes] = []
    for line in text.split():
        if not line.startswith(_PREFIX):
            raise ValueError(FORM)
        try:
            secret = base64.b64decode(line.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise ValueError(FORM) from None
        if not MIN_SECRET_BYTES <= len(secret) <= MAX_SECRET_BYTES:
            raise ValueError(FORM)
        secrets.append(secret)
    if not secrets:
        raise ValueError(FORM)
    return tuple(secrets)


def headers(secrets: Sequence[bytes], message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The headers of a webhook that was sent at a time, in seconds since 1970.

    It has a signature by each secret, so that a receiver can replace its own at any time.
    """
    signed = b".".join([message_id.encode(), str(seconds).encode(), body])
    signatures = (
        base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
