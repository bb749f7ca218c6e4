"""Something of KKP's that is fetched when needed: one fetch at a time, whoever waits for it."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import httpx

from ._http import Exchange, check_timeout, check_url
from ._http_owner import AsyncHttpOwner, HttpOwner

_NO_HEADERS: Mapping[str, str] = {}


class Remote(HttpOwner, ABC):
    """For threads. Close it with `close`, or use it in a `with` block."""

    def __init__(
        self,
        url: str,
        timeout: float,
        http_client: httpx.Client | None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> None:
        self._exchange = Exchange("GET", check_url(url), check_timeout(timeout), headers=headers)
        self._fetching = threading.Lock()
        super().__init__(http_client)

    @abstractmethod
    def _fetch(self) -> None:
        """Keep what came, or the KkpError: what a failed fetch means depends on what is held."""

    def _refresh(self, is_wanted: Callable[[], bool], wait: bool) -> None:
        if not self._fetching.acquire(blocking=wait):
            return
        try:
            # Another thread may have fetched while this one waited.
            if is_wanted():
                self._fetch()
        finally:
            self._fetching.release()


class AsyncRemote(AsyncHttpOwner, ABC):
    """For one event loop. Close it with `aclose`, or use it in `async with`.

    The fetch is a task of its own: cancelling a caller that waits for it does not cancel it for the others.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        http_client: httpx.AsyncClient | None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> None:
        self._exchange = Exchange("GET", check_url(url), check_timeout(timeout), headers=headers)
        self._fetching: asyncio.Task[None] | None = None
        super().__init__(http_client)

    async def aclose(self) -> None:
        """End a fetch under way; close the connections, unless they are those of your own `http_client`."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})
        await super().aclose()

    @abstractmethod
    async def _fetch(self) -> None:
        """Keep what came, or the KkpError: what a failed fetch means depends on what is held."""

    async def _refresh(self, wait: bool) -> None:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch())
            await asyncio.shield(self._fetching)
        elif wait:
            await asyncio.shield(self._fetching)
