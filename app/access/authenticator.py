"""Authentication: the API key of a request, from a cache of the API keys in Neo4j."""

import asyncio
import time
from collections import OrderedDict

import structlog
from msgspec import Struct

from app.access import api_keys
from app.errors import ForbiddenBrowserKey, ForbiddenScope, Unauthenticated, Unavailable
from app.graph.graph import Graph, Row

log = structlog.get_logger()

REFRESH_INTERVAL_SECONDS = 1.0
# With the refresh interval, the service rejects a revoked API key within 5 seconds.
MAX_AGE_SECONDS = 4.0
MAX_CACHED_KEYS = 10_000

INVALID_KEY = "The API key is unknown, expired or revoked."


class ApiKey(Struct, frozen=True):
    """An API key as Neo4j stores it; `expires_at` is in seconds since 1970.

    An API key and its successors by rotation are one `producer`. A browser key has the `origins`
    of the pages that may send it; no other API key has any.
    """

    id: str
    name: str
    producer: str
    scopes: frozenset[str]
    expires_at: int | None
    revoked: bool
    origins: frozenset[str] | None = None

    def is_valid(self) -> bool:
        """Whether it is neither revoked nor expired."""
        return not self.revoked and (self.expires_at is None or time.time() < self.expires_at)


class _CachedKey(Struct, frozen=True):
    api_key: ApiKey | None  # None for an API key that is not in Neo4j
    read_at: float  # by the monotonic clock

    def is_fresh(self, max_age: float) -> bool:
        return time.monotonic() - self.read_at <= max_age


class Authenticator:
    """Finds the API key of a request, in a cache of `max_cached_keys` over the database.

    It uses no entry older than `max_age` seconds, unless the caller allows stale ones.
    """

    def __init__(
        self,
        graph: Graph,
        max_age: float = MAX_AGE_SECONDS,
        max_cached_keys: int = MAX_CACHED_KEYS,
    ) -> None:
        self._graph = graph
        self._max_age = max_age
        self._max_cached_keys = max_cached_keys
        # Least recently used entry first, so that unknown API keys evict none in use.
        self._cache: OrderedDict[str, _CachedKey] = OrderedDict()
        self._fetches: dict[str, asyncio.Task[dict[str, _CachedKey]]] = {}

    async def authenticate(
        self, text: str | None, scope: str | None = None, *, allow_stale: bool = False
    ) -> ApiKey:
        """Returns the API key of which `text` is the secret, unless it is a browser key.

        With a `scope`, the API key must have it. With `allow_stale`, an entry of any age counts
        while the database is unavailable. Raises Unauthenticated, ForbiddenScope or Unavailable.
        """
        api_key = await self.authenticate_any(text, allow_stale=allow_stale)
        if api_key.origins is not None:
            raise ForbiddenBrowserKey()
        if scope and scope not in api_key.scopes:
            raise ForbiddenScope(scope)
        return api_key

    async def authenticate_any(self, text: str | None, *, allow_stale: bool = False) -> ApiKey:
        """Returns the API key of which `text` is the secret. It may be a browser key.

        The caller checks its scope. Raises Unauthenticated or Unavailable.
        """
        if text is None:
            raise Unauthenticated()
        if not api_keys.is_well_formed(text):
            raise Unauthenticated(INVALID_KEY)
        api_key = await self._find(api_keys.digest(text), allow_stale)
        if api_key is None or not api_key.is_valid():
            raise Unauthenticated(INVALID_KEY)
        return api_key

    async def watch(self) -> None:
        """Refreshes the cache until cancelled. While the database is unavailable, entries age."""
        while True:
            await asyncio.sleep(REFRESH_INTERVAL_SECONDS)
            try:
                await self._fetch(
                    [digest for digest, cached in self._cache.items() if cached.api_key]
                )
            except Unavailable:
                continue
            except Exception:
                log.exception("api_key_refresh_failed")

    async def _find(self, digest: str, allow_stale: bool) -> ApiKey | None:
        cached = self._cache.get(digest)
        if cached:
            self._cache.move_to_end(digest)
            if cached.is_fresh(self._max_age):
                return cached.api_key
        try:
            fetched = await self._fetch_once(digest)
        except Unavailable:
            if cached and allow_stale:
                return cached.api_key
            raise
        return fetched.api_key

    async def _fetch_once(self, digest: str) -> _CachedKey:
        """Reads one API key, once for all callers that wait for it."""
        fetch = self._fetches.get(digest)
        if fetch is None:
            fetch = self._fetches[digest] = asyncio.create_task(self._fetch([digest]))
            fetch.add_done_callback(lambda fetch: self._forget(digest, fetch))
        # A caller that disconnects cancels it for none of the others.
        return (await asyncio.shield(fetch))[digest]

    def _forget(self, digest: str, fetch: asyncio.Task[dict[str, _CachedKey]]) -> None:
        del self._fetches[digest]
        if not fetch.cancelled():
            fetch.exception()  # else asyncio logs it if no caller waits any more

    async def _fetch(self, digests: list[str]) -> dict[str, _CachedKey]:
        if not digests:
            return {}
        read_at = time.monotonic()
        rows = {
            row["hash"]: row for row in await self._graph.read("api_keys_by_hash", hashes=digests)
        }
        fetched = {
            digest: _CachedKey(_api_key(rows[digest]) if digest in rows else None, read_at)
            for digest in digests
        }
        self._cache.update(fetched)
        while len(self._cache) > self._max_cached_keys:
            self._cache.popitem(last=False)
        return fetched


def _api_key(row: Row) -> ApiKey:
    return ApiKey(
        row["id"],
        row["name"],
        row["producer"],
        frozenset(row["scopes"]),
        row["expiresAt"],
        row["revoked"],
        None if row["origins"] is None else frozenset(row["origins"]),
    )
