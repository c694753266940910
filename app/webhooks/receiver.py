"""The receiver of webhooks: a URL, and the attempts to send messages to it."""

import asyncio
import contextlib
import hashlib
import time

import httpx2
from msgspec import Struct

from app.domain import retry_after
from app.webhooks import signature
from app.webhooks.messages import TYPES, Message
from app.webhooks.secret_file import WebhookSecretFile

ATTEMPT_TIMEOUT_SECONDS = 20.0
DRAIN_TIMEOUT_SECONDS = 1.0
MAX_BODY_BYTES = 65_536  # of a response, before its connection is closed
MAX_ERROR_LENGTH = 200
GONE = 410


class Attempt(Struct, frozen=True):
    """The result of an attempt. `error` is None if it succeeded. `retry_after` is in seconds."""

    error: str | None = None
    is_gone: bool = False
    retry_after: float | None = None


class ReceiverLimits(Struct, frozen=True):
    """The time for a response, and the time and size for the rest of its body."""

    attempt: float = ATTEMPT_TIMEOUT_SECONDS
    drain: float = DRAIN_TIMEOUT_SECONDS
    body: int = MAX_BODY_BYTES


class WebhookReceiver:
    """Sends messages to a URL, each with the signatures of all secrets.

    It follows no redirect, and ignores the body of a response. Each URL has a `digest` of its own.
    `types` are those of the messages that the receiver gets.
    """

    def __init__(
        self,
        url: str,
        secrets: WebhookSecretFile,
        limits: ReceiverLimits | None = None,
        types: frozenset[str] = TYPES,
    ) -> None:
        self.types = types
        self.digest = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._url = url
        self._secrets = secrets
        self._limits = limits or ReceiverLimits()
        # The timeout of an attempt covers all its steps.
        self._client = httpx2.AsyncClient(
            timeout=None,
            follow_redirects=False,
            headers={"User-Agent": "waypath-events", "Accept": "*/*"},
        )

    async def close(self) -> None:
        """Closes the connection."""
        await self._client.aclose()

    async def send(self, message: Message) -> Attempt:
        """Attempts to deliver a message once."""
        headers = signature.headers(
            self._secrets.read(), message.id, int(time.time()), message.body
        )
        request = self._client.build_request(
            "POST",
            self._url,
            content=message.body,
            headers={"Content-Type": "application/json", **headers},
        )
        try:
            async with asyncio.timeout(self._limits.attempt):
                response = await self._client.send(request, stream=True)
        except TimeoutError:
            return Attempt(f"no response within {self._limits.attempt:g} s")
        except httpx2.HTTPError as error:
            return Attempt(f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH])
        await self._drain(response)
        self._client.cookies.clear()
        return _attempt(response)

    async def _drain(self, response: httpx2.Response) -> None:
        # A connection can be used again after the end of the body.
        with contextlib.suppress(httpx2.HTTPError, TimeoutError):
            async with asyncio.timeout(self._limits.drain):
                size = 0
                async for chunk in response.aiter_raw():
                    size += len(chunk)
                    if size > self._limits.body:
                        break
        with contextlib.suppress(httpx2.HTTPError):
            await response.aclose()


def _attempt(response: httpx2.Response) -> Attempt:
    if response.is_success:
        return Attempt()
    return Attempt(
        f"status {response.status_code}",
        response.status_code == GONE,
        retry_after.parse(response.headers.get("Retry-After")),
    )
