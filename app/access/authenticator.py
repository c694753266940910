"""The keyring: the API keys in use, kept at hand so that a request need not ask the graph."""

import asyncio
import time
from collections import OrderedDict

import structlog
from msgspec import Struct

from app.access import api_keys
from app.errors import ForbiddenScope, Unauthenticated, Unavailable
from app.graph.graph import Graph, Row

log = structlog.get_logger()

REFRESH_INTERVAL = 1.0
MAX_AGE = 4.0  # with the refresh before it, a revoked key ends within 5 seconds
CAPACITY = 10_000


class ApiKey(Struct, frozen=True):
    """An API key as the graph knows it; `expires_at` is in seconds since 1970.

    A key and those that it was rotated to are one `producer`.
    """

    id: str
    producer: str
    scopes: frozenset[str]
    expires_at: int | None
    revoked: bool

    def is_valid(self) -> bool:
        """Whether it may be used now."""
        return not self.revoked and (self.expires_at is None or time.time() < self.expires_at)


Entry = tuple[ApiKey | None, float]  # a key, or None for an unknown one, and when it was read


class Keyring:
    """Tells whose key a request carries, from a cache.

    What it tells is never older than four seconds, unless the caller takes older.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        # The least recently used entry first: unknown keys displace none that is in use.
        self._cache: OrderedDict[str, Entry] = OrderedDict()
        self._asked: dict[str, asyncio.Task[dict[str, Entry]]] = {}

    async def authenticate(
        self, text: str | None, scope: str | None = None, *, is_memory_enough: bool = False
    ) -> ApiKey:
        """The key that `text` is, with the scope where one is named.

        Where memory is enough, what was known last counts while the graph is away.
        Raises Unauthenticated, ForbiddenScope or Unavailable.
        """
        if text is None:
            raise Unauthenticated("the X-API-Key header is missing")
        if not api_keys.is_well_formed(text):
            raise Unauthenticated("the API key is not valid")
        api_key = await self._find(api_keys.digest(text), is_memory_enough)
        if api_key is None or not api_key.is_valid():
            raise Unauthenticated("the API key is not valid")
        if scope and scope not in api_key.scopes:
            raise ForbiddenScope(f"the API key lacks the scope {scope}")
        return api_key

    async def watch(self) -> None:
        """Keeps the cache fresh, for ever. While the graph is away, entries age and lapse."""
        while True:
            await asyncio.sleep(REFRESH_INTERVAL)
            try:
                await self._refresh([digest for digest, (key, _) in self._cache.items() if key])
            except Unavailable:
                continue
            except Exception:
                log.exception("keyring_failed")

    async def _find(self, digest: str, is_memory_enough: bool) -> ApiKey | None:
        cached = self._cache.get(digest)
        if cached:
            self._cache.move_to_end(digest)
            if time.monotonic() - cached[1] <= MAX_AGE:
                return cached[0]
        try:
            found = await self._ask(digest)
        except Unavailable:
            if cached and is_memory_enough:
                return cached[0]
            raise
        return found[0]

    async def _ask(self, digest: str) -> Entry:
        """Refreshes one entry, once for all who wait for it."""
        asked = self._asked.get(digest)
        if asked is None:
            asked = self._asked[digest] = asyncio.create_task(self._refresh([digest]))
            asked.add_done_callback(lambda asked: self._forget(digest, asked))
        # One caller who hangs up stops it for none of the others.
        return (await asyncio.shield(asked))[digest]

    def _forget(self, digest: str, asked: asyncio.Task[dict[str, Entry]]) -> None:
        del self._asked[digest]
        if not asked.cancelled():
            asked.exception()  # else asyncio reports it where nobody waits any more

    async def _refresh(self, digests: list[str]) -> dict[str, Entry]:
        if not digests:
            return {}
        asked_at = time.monotonic()
        rows = {row["hash"]: row for row in await self._graph.read("api_keys", hashes=digests)}
        entries: dict[str, Entry] = {
            digest: (_api_key(rows[digest]) if digest in rows else None, asked_at)
            for digest in digests
        }
        self._cache.update(entries)
        while len(self._cache) > CAPACITY:
            self._cache.popitem(last=False)
        return entries


def _api_key(row: Row) -> ApiKey:
    return ApiKey(
        row["id"], row["producer"], frozenset(row["scopes"]), row["expiresAt"], row["revoked"]
    )
