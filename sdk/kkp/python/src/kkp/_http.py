"""One exchange with KKP, as far as sync and async agree: everything but waiting for bytes."""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from ._errors import KkpConnectionError, KkpProtocolError, KkpTimeoutError
from ._version import __version__

DEFAULT_TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024

_HEADERS = {
    "Accept": "application/json, application/jwk-set+json, application/problem+json",
    # Compressed answers could grow past the size limit between two checks of it.
    "Accept-Encoding": "identity",
    "User-Agent": f"kkp-sdk-python/{__version__}",
}


@dataclass(frozen=True)
class Exchange:
    """A request ready to send. `timeout` is in seconds, for each step on the network and for the body.

    `headers` go beside those of every request, or in their place.
    """

    method: str
    url: str
    timeout: float
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Answer:
    """A response read whole."""

    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)


def send(client: httpx.Client, exchange: Exchange) -> Answer:
    with _typed_errors(exchange), client.stream(**_arguments(exchange)) as response:
        collector = _BodyCollector(response, exchange)
        for chunk in response.iter_bytes():
            collector.add(chunk)
        return collector.answer()


async def send_async(client: httpx.AsyncClient, exchange: Exchange) -> Answer:
    with _typed_errors(exchange):
        async with client.stream(**_arguments(exchange)) as response:
            collector = _BodyCollector(response, exchange)
            async for chunk in response.aiter_bytes():
                collector.add(chunk)
            return collector.answer()


def check_url(url: str) -> str:
    """Return an absolute http(s) URL without a trailing slash; raise ValueError for anything else."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise ValueError("the URL of KKP cannot be read") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("the URL of KKP must begin with http:// or https:// and name a host")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise ValueError("the URL of KKP must have no credentials, query or fragment")
    return url.rstrip("/")


def check_timeout(seconds: float) -> float:
    if not 0 < seconds < float("inf"):
        raise ValueError("a timeout must be a positive number of seconds")
    return seconds


def _arguments(exchange: Exchange) -> dict[str, Any]:
    type_of_body = {} if exchange.body is None else {"Content-Type": "application/json"}
    return {
        "method": exchange.method,
        "url": exchange.url,
        "content": exchange.body,
        "headers": {**_HEADERS, **type_of_body, **exchange.headers},
        "timeout": exchange.timeout,
        # A redirect could carry a token or a plaintext to another host.
        "follow_redirects": False,
    }


class _BodyCollector:
    """Gathers a body, refusing one too long, too slow, or compressed."""

    def __init__(self, response: httpx.Response, exchange: Exchange) -> None:
        self._response = response
        self._deadline = time.monotonic() + exchange.timeout
        self._body = bytearray()
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise KkpProtocolError("The answer is compressed, which was not asked for.", response.status_code)

    def add(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > MAX_ANSWER_BYTES:
            raise KkpProtocolError("The answer is too long.", self._response.status_code)
        if time.monotonic() > self._deadline:
            raise KkpTimeoutError("The answer did not arrive whole in time.")

    def answer(self) -> Answer:
        return Answer(self._response.status_code, self._response.headers, bytes(self._body))


@contextmanager
def _typed_errors(exchange: Exchange) -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as error:
        raise KkpTimeoutError(f"No answer from {exchange.url} within {exchange.timeout:g} s.") from error
    # httpx lets through what asyncio says where a server refuses a certificate after the handshake (TLS 1.3).
    except (httpx.TransportError, ssl.SSLError) as error:
        raise KkpConnectionError(f"No answer from {exchange.url}: {type(error).__name__}.") from error
