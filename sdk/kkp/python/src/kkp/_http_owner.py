"""Who has connections of httpx: to close them, unless they are somebody else's."""

from types import TracebackType
from typing import TypeVar

import httpx

_Owner = TypeVar("_Owner", bound="HttpOwner")
_AsyncOwner = TypeVar("_AsyncOwner", bound="AsyncHttpOwner")


class HttpOwner:
    """For threads. Close it with `close`, or use it in a `with` block."""

    def __init__(self, http_client: httpx.Client | None) -> None:
        self._owns_http = http_client is None
        self._http = httpx.Client() if http_client is None else http_client

    def close(self) -> None:
        """Close the connections, unless they are those of your own `http_client`."""
        if self._owns_http:
            self._http.close()

    def __enter__(self: _Owner) -> _Owner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncHttpOwner:
    """For one event loop. Close it with `aclose`, or use it in `async with`."""

    def __init__(self, http_client: httpx.AsyncClient | None) -> None:
        self._owns_http = http_client is None
        self._http = httpx.AsyncClient() if http_client is None else http_client

    async def aclose(self) -> None:
        """Close the connections, unless they are those of your own `http_client`."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self: _AsyncOwner) -> _AsyncOwner:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
