"""Key sets that are fetched when needed, for `verify_token` and `verify_token_async`."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType

import httpx

from ._answers import import_answer, read_members
from ._errors import KkpError
from ._http import DEFAULT_TIMEOUT_SECONDS, Answer, Exchange, check_timeout, check_url, send, send_async
from ._jwks_cache import FetchedKeys, JwksCache, max_age_of
from ._keys import VerificationKey

_log = logging.getLogger("kkp")


class _CachedKeys:
    """What the sync and the async key set share: the cache, its clock, and the request that fills it."""

    def __init__(self, url: str, timeout: float, clock: Callable[[], float]) -> None:
        self._exchange = Exchange("GET", check_url(url), check_timeout(timeout))
        self._clock = clock
        self._cache = JwksCache()

    def _store(self, answer: Answer, asked_at: float) -> None:
        keys = import_answer(read_members(answer, status=200))
        max_age = max_age_of(answer.headers.get("Cache-Control", ""))
        self._cache.store(FetchedKeys(keys, asked_at, max_age), self._clock())

    def _fail(self, error: KkpError) -> None:
        _log.warning("The key set was not fetched: %s", error)
        self._cache.fail(error, self._clock())


class RemoteJwks(_CachedKeys):
    """KKP's key set at `url` (`.../keys/jwks`), cached; safe to share between threads.

    Keys are fetched when first needed, when older than the answer's `max-age` (30 to 600 s; 300 s if it has
    none), and for an unknown kid; but at most once in 30 s, whatever tokens arrive. While fetching fails, the
    keys held stay in use until they are 1800 s old. With no usable keys `find` raises KeysUnavailableError.

    `timeout` is in seconds. `http_client` is used as it is and not closed. `clock` gives seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        http_client: httpx.Client | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, timeout, clock)
        self._owns_http = http_client is None
        self._http = httpx.Client() if http_client is None else http_client
        self._fetching = threading.Lock()

    def find(self, kid: str) -> VerificationKey | None:
        """Return the key named `kid`, or None when the key set has none."""
        now = self._clock()
        if self._cache.wants_fetch(kid, now):
            # Who has a key in hand need not wait for another thread's fetch.
            self._refresh(kid, wait=not self._cache.holds(kid, now))
        return self._cache.find(kid, self._clock())

    def close(self) -> None:
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> "RemoteJwks":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _refresh(self, kid: str, wait: bool) -> None:
        if not self._fetching.acquire(blocking=wait):
            return
        try:
            # Another thread may have fetched while this one waited.
            if self._cache.wants_fetch(kid, self._clock()):
                self._fetch()
        finally:
            self._fetching.release()

    def _fetch(self) -> None:
        asked_at = self._clock()
        try:
            self._store(send(self._http, self._exchange), asked_at)
        except KkpError as error:
            self._fail(error)


class AsyncRemoteJwks(_CachedKeys):
    """`RemoteJwks` for asyncio; one event loop may use it.

    The fetch is a task of its own: cancelling a caller that waits for it does not cancel it for the others.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        http_client: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, timeout, clock)
        self._owns_http = http_client is None
        self._http = httpx.AsyncClient() if http_client is None else http_client
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> VerificationKey | None:
        """Return the key named `kid`, or None when the key set has none."""
        now = self._clock()
        if self._cache.wants_fetch(kid, now):
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._fetch())
                await asyncio.shield(self._fetching)
            elif not self._cache.holds(kid, now):
                await asyncio.shield(self._fetching)
        return self._cache.find(kid, self._clock())

    async def aclose(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> "AsyncRemoteJwks":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _fetch(self) -> None:
        asked_at = self._clock()
        try:
            self._store(await send_async(self._http, self._exchange), asked_at)
        except KkpError as error:
            self._fail(error)
