"""Lists of revocations: fetched when needed for `verify_token` and `verify_token_async`, or read once."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from ._answers import error_of
from ._errors import KkpError, RevocationsError
from ._http import DEFAULT_TIMEOUT_SECONDS, Answer, send, send_async
from ._jwks_cache import max_age_of
from ._keys import ImportedKeys, VerificationKey
from ._remote import AsyncRemote, Remote
from ._remote_jwks import AsyncRemoteJwks, RemoteJwks, async_finder_in, finder_in
from ._revocations import ListOptions, RevocationList, parse_list, read_list
from ._revocations_cache import FetchedList, RevocationsCache
from ._token import SignedToken, check_bounds
from ._types import Claims, JwkSet

_HEADERS = {"Accept": "application/jwt, application/problem+json"}
_log = logging.getLogger("kkp")


def read_revocations(
    text: str,
    keys: RemoteJwks | ImportedKeys | JwkSet | Mapping[str, Any],
    *,
    issuer: str | None = None,
    max_lifetime_seconds: int = 3600,
    clock_skew_seconds: int = 5,
    clock: Callable[[], float] = time.time,
) -> RevocationList:
    """Verify what KKP answers at `/.well-known/kkp-revocations`, or raise RevocationsError with the reason.

    `keys` and the numbers are as for `verify_token`; `issuer`, if given, must be the list's. `clock` gives
    Unix seconds: now, and each time the list is used, which it can be until its `expires_at`.
    """
    check_bounds(max_lifetime_seconds, clock_skew_seconds)
    options = ListOptions(issuer, clock, max_lifetime_seconds, clock_skew_seconds)
    find = finder_in(keys)
    signed = parse_list(text)
    return read_list(signed, find(signed.kid), options)


class _CachedRevocations:
    """What the sync and the async list share: the cache, its clock, and what a list must be."""

    def __init__(self, issuer: str | None, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._options = ListOptions(issuer, clock)
        self._cache = RevocationsCache()

    def store(
        self, answer: Answer, signed: SignedToken, key: VerificationKey | None, asked_at: float
    ) -> None:
        revocations = read_list(signed, key, self._options)
        max_age = max_age_of(answer.headers.get("Cache-Control", ""), least=0)
        fresh_until = min(asked_at + max_age, revocations.expires_at)
        self._cache.store(FetchedList(revocations, signed.kid, asked_at, fresh_until), self.clock())

    def fail(self, error: KkpError) -> None:
        _log.warning("The list of revocations was not fetched: %s", error)
        self._cache.fail(error, self.clock())

    def wants_fetch(self) -> bool:
        return self._cache.wants_fetch(self.clock())

    def is_usable(self) -> bool:
        return self._cache.is_usable(self.clock())

    def covers(self, claims: Claims, kid: str) -> bool:
        return self._cache.covers(claims, kid, self.clock())


class RemoteRevocations(Remote):
    """KKP's list at `url` (`.../.well-known/kkp-revocations`), cached; safe to share between threads.

    It is fetched when first needed and when its answer's `max-age` is up, but at most once in a second. While
    fetching fails, the list held is relied on until its end, about a minute; after that no token is good, and
    `covers` raises RevocationsUnavailableError. No older list takes the place of a newer one, and none counts
    that a key has signed which a list before revoked.

    `keys` verify it; `issuer`, if given, must be the list's. `timeout` is in seconds. `http_client` is used
    as it is and not closed. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        url: str,
        keys: RemoteJwks | ImportedKeys | JwkSet | Mapping[str, Any],
        *,
        issuer: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        http_client: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._find_key = finder_in(keys)
        super().__init__(url, timeout, http_client, _HEADERS)
        self._list = _CachedRevocations(issuer, clock)

    def covers(self, claims: Claims, kid: str) -> bool:
        """Tell whether a token with these claims, which the key `kid` signed, was taken back."""
        if self._list.wants_fetch():
            # Who has a list in hand need not wait for another thread's fetch.
            self._refresh(self._list.wants_fetch, wait=not self._list.is_usable())
        return self._list.covers(claims, kid)

    def _fetch(self) -> None:
        asked_at = self._list.clock()
        try:
            answer = send(self._http, self._exchange)
            signed = _list_in(answer)
            self._list.store(answer, signed, self._find_key(signed.kid), asked_at)
        except KkpError as error:
            self._list.fail(error)


class AsyncRemoteRevocations(AsyncRemote):
    """`RemoteRevocations` for asyncio; one event loop may use it."""

    def __init__(
        self,
        url: str,
        keys: AsyncRemoteJwks | ImportedKeys | JwkSet | Mapping[str, Any],
        *,
        issuer: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        http_client: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._find_key = async_finder_in(keys)
        super().__init__(url, timeout, http_client, _HEADERS)
        self._list = _CachedRevocations(issuer, clock)

    async def covers(self, claims: Claims, kid: str) -> bool:
        """Tell whether a token with these claims, which the key `kid` signed, was taken back."""
        if self._list.wants_fetch():
            await self._refresh(wait=not self._list.is_usable())
        return self._list.covers(claims, kid)

    async def _fetch(self) -> None:
        asked_at = self._list.clock()
        try:
            answer = await send_async(self._http, self._exchange)
            signed = _list_in(answer)
            self._list.store(answer, signed, await self._find_key(signed.kid), asked_at)
        except KkpError as error:
            self._list.fail(error)


def _list_in(answer: Answer) -> SignedToken:
    if answer.status != 200:
        raise error_of(answer)
    try:
        return parse_list(answer.body.decode("ascii"))
    except UnicodeDecodeError:
        raise RevocationsError("malformed") from None
