import asyncio
import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp
from tokens import NOW

from kkp import AsyncClient, Client

Handler = Callable[[httpx.Request], httpx.Response]
BASE_URL = "https://kkp.example/base"


class Caller:
    """Makes one SDK client callable in one way: every test of the calls runs on both."""

    def __init__(self, kind: str, handler: Handler, **options: Any) -> None:
        self._kind = kind
        self._transport = httpx.MockTransport(lambda request: handler(_without_base_path(request)))
        self._options = options

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._kind == "async":
                return asyncio.run(self._call_async(name, args, kwargs))
            with httpx.Client(transport=self._transport, follow_redirects=True) as http:
                return getattr(Client(BASE_URL, http_client=http, **self._options), name)(*args, **kwargs)

        return call

    async def _call_async(self, name: str, args: Any, kwargs: Any) -> Any:
        async with httpx.AsyncClient(transport=self._transport, follow_redirects=True) as http:
            return await getattr(AsyncClient(BASE_URL, http_client=http, **self._options), name)(
                *args, **kwargs
            )


def _without_base_path(request: httpx.Request) -> httpx.Request:
    assert str(request.url).startswith(f"{BASE_URL}/")
    request.url = request.url.copy_with(path=request.url.path.removeprefix("/base"))
    return request


@pytest.fixture
def kkp() -> FakeKkp:
    return FakeKkp(NOW)


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return lambda handler, **options: Caller(request.param, handler, **options)


@pytest.fixture(scope="session")
def url() -> str:
    url = os.environ.get("KKP_TEST_URL", "")
    if not url:
        pytest.fail("KKP_TEST_URL is not set: it must hold the base URL of a running KKP server")
    return url
