"""Key sets that are fetched when needed, for `verify_token` and `verify_token_async`."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from ._answers import import_answer, read_members
from ._errors import KkpError
from ._http import DEFAULT_TIMEOUT_SECONDS, Answer, send, send_async
from ._jwks_cache import FetchedKeys, JwksCache, max_age_of
from ._keys import ImportedKeys, VerificationKey, imported
from ._remote import AsyncRemote, Remote

_log = logging.getLogger("kkp")


class _CachedKeys:
    """What the sync and the async key set share: the cache and its clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.cache = JwksCache()

    def store(self, answer: Answer, asked_at: float) -> None:
        keys = import_answer(read_members(answer, status=200))
        max_age = max_age_of(answer.headers.get("Cache-Control", ""))
        self.cache.store(FetchedKeys(keys, asked_at, max_age), self.clock())

    def fail(self, error: KkpError) -> None:
        _log.warning("The key set was not fetched: %s", error)
        self.cache.fail(error, self.clock())

    def wants_fetch(self, kid: str) -> bool:
        return self.cache.wants_fetch(kid, self.clock())

    def holds(self, kid: str) -> bool:
        return self.cache.holds(kid, self.clock())

    def find(self, kid: str) -> VerificationKey | None:
        return self.cache.find(kid, self.clock())


class RemoteJwks(Remote):
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
        super().__init__(url, timeout, http_client)
        self._keys = _CachedKeys(clock)

    def find(self, kid: str) -> VerificationKey | None:
        """Return the key named `kid`, or None when the key set has none."""
        if self._keys.wants_fetch(kid):
            # Who has a key in hand need not wait for another thread's fetch.
            self._refresh(lambda: self._keys.wants_fetch(kid), wait=not self._keys.holds(kid))
        return self._keys.find(kid)

    def _fetch(self) -> None:
        asked_at = self._keys.clock()
        try:
            self._keys.store(send(self._http, self._exchange), asked_at)
        except KkpError as error:
            self._keys.fail(error)


class AsyncRemoteJwks(AsyncRemote):
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
        super().__init__(url, timeout, http_client)
        self._keys = _CachedKeys(clock)

    async def find(self, kid: str) -> VerificationKey | None:
        """Return the key named `kid`, or None when the key set has none."""
        if self._keys.wants_fetch(kid):
            await self._refresh(wait=not self._keys.holds(kid))
        return self._keys.find(kid)

    async def _fetch(self) -> None:
        asked_at = self._keys.clock()
        try:
            self._keys.store(await send_async(self._http, self._exchange), asked_at)
        except KkpError as error:
            self._keys.fail(error)


def finder_in(
    keys: RemoteJwks | ImportedKeys | Mapping[str, Any],
) -> Callable[[str], VerificationKey | None]:
    """Return what finds keys by `kid`. Raises KeySetError and TypeError for what is no key set."""
    return keys.find if isinstance(keys, RemoteJwks) else imported(keys).get


def async_finder_in(
    keys: AsyncRemoteJwks | ImportedKeys | Mapping[str, Any],
) -> Callable[[str], Awaitable[VerificationKey | None]]:
    """`finder_in` for asyncio."""
    if isinstance(keys, AsyncRemoteJwks):
        return keys.find
    held = imported(keys)

    async def find(kid: str) -> VerificationKey | None:
        return held.get(kid)

    return find
