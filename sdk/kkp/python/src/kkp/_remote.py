"""Something of KKP's that is fetched when needed: one fetch at a time, whoever waits for it."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TypeVar

import httpx

from ._http import Exchange, check_timeout, check_url

_Remote = TypeVar("_Remote", bound="Remote")
_AsyncRemote = TypeVar("_AsyncRemote", bound="AsyncRemote")
_NO_HEADERS: Mapping[str, str] = {}


class Remote(ABC):
    """For threads. Close it with `close`, or use it in a `with` block."""

    def __init__(
        self,
        url: str,
        timeout: float,
        http_client: httpx.Client | None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> None:
        self._exchange = Exchange("GET", check_url(url), check_timeout(timeout), headers=headers)
        self._owns_http = http_client is None
        self._http = httpx.Client() if http_client is None else http_client
        self._fetching = threading.Lock()

    def close(self) -> None:
        """Close the connections, unless they are those of your own `http_client`."""
        if self._owns_http:
            self._http.close()

    def __enter__(self: _Remote) -> _Remote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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


class AsyncRemote(ABC):
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
        self._owns_http = http_client is None
        self._http = httpx.AsyncClient() if http_client is None else http_client
        self._fetching: asyncio.Task[None] | None = None

    async def aclose(self) -> None:
        """End a fetch under way; close the connections, unless they are those of your own `http_client`."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self: _AsyncRemote) -> _AsyncRemote:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @abstractmethod
    async def _fetch(self) -> None:
        """Keep what came, or the KkpError: what a failed fetch means depends on what is held."""

    async def _refresh(self, wait: bool) -> None:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch())
            await asyncio.shield(self._fetching)
        elif wait:
            await asyncio.shield(self._fetching)
