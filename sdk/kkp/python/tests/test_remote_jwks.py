import asyncio
import logging
import random
import threading
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import httpx
import pytest
from fake_kkp import problem
from tokens import CLAIMS, HEADER, KID, NOW, b64, jwk, jwks, sign, token

from kkp import (
    AsyncRemoteJwks,
    Claims,
    KeysUnavailableError,
    KkpApiError,
    KkpConnectionError,
    KkpProtocolError,
    RemoteJwks,
    TokenVerificationError,
    verify_token,
    verify_token_async,
)

URL = "https://kkp.example/keys/jwks"
Reply = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers with a key set; counts fetches; the clock of the tests stands beside it."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.fetches = 0
        self.keys = jwks()
        self.cache_control = "public, max-age=300"
        self.reply: Reply | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.fetches += 1
        assert (request.method, str(request.url)) == ("GET", URL)
        if self.reply is not None:
            return self.reply(request)
        return httpx.Response(200, json=self.keys, headers={"Cache-Control": self.cache_control})

    def clock(self) -> float:
        return self.now


class Verifier:
    """One remote key set, sync or async, behind one call."""

    def __init__(self, kind: str, server: Server) -> None:
        transport = httpx.MockTransport(server)
        self._sync = kind == "sync"
        if self._sync:
            sync_http = httpx.Client(transport=transport, follow_redirects=True)
            self._keys: Any = RemoteJwks(URL, http_client=sync_http, clock=server.clock)
        else:
            async_http = httpx.AsyncClient(transport=transport, follow_redirects=True)
            self._keys = AsyncRemoteJwks(URL, http_client=async_http, clock=server.clock)

    def verify(self, text: str, **options: Any) -> Claims:
        return asyncio.run(self._verify(text, **options))

    def flood(self, kids: Iterable[str], between: Callable[[], None]) -> int:
        """Look for each of `kids`, which are nobody's; return how many good tokens were accepted meanwhile.

        One of these comes before every hundredth kid.
        """

        async def run() -> int:
            accepted = 0
            for number, kid in enumerate(kids):
                between()
                if number % 100 == 0:
                    accepted += (await self._verify(token())).sub == "billing"
                assert await self._find(kid) is None
            return accepted

        return asyncio.run(run())

    async def _verify(self, text: str, **options: Any) -> Claims:
        if self._sync:
            return verify_token(text, self._keys, now=NOW, **options)
        return await verify_token_async(text, self._keys, now=NOW, **options)

    async def _find(self, kid: str) -> object:
        return self._keys.find(kid) if self._sync else await self._keys.find(kid)

    def reason_of(self, text: str) -> str:
        with pytest.raises(TokenVerificationError) as caught:
            self.verify(text)
        return caught.value.reason


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture(params=["sync", "async"])
def verifier(request: pytest.FixtureRequest, server: Server) -> Verifier:
    return Verifier(request.param, server)


def signed_by_key_2() -> str:
    return sign({**HEADER, "kid": "key-2"}, b"{}", seed=2)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def test_fetches_once_and_verifies_from_the_cache(verifier: Verifier, server: Server) -> None:
    for _ in range(5):
        assert verifier.verify(token(), audience="orders").sub == "billing"
        server.now += 59
    assert server.fetches == 1


def test_passes_every_option_on(verifier: Verifier) -> None:
    options = {
        "audience": "orders",
        "max_lifetime_seconds": 300,
        "clock_skew_seconds": 0,
        "extra_claims": ["scope"],
        "issuer": "x",
        "typ": "at+jwt",
    }
    header, claims = {**HEADER, "typ": "at+jwt"}, {**CLAIMS, "iss": "x", "scope": 1}
    assert verifier.verify(sign(header, claims), **options).extra == {"iss": "x", "scope": 1}
    for change in ({"aud": "other"}, {"exp": NOW + 301}, {"iat": NOW + 1}, {"nbf": 1}, {"iss": "y"}):
        with pytest.raises(TokenVerificationError):
            verifier.verify(sign(header, {**claims, **change}), **options)
    with pytest.raises(TokenVerificationError):
        verifier.verify(sign(HEADER, claims), **options)


@pytest.mark.parametrize(
    ("cache_control", "seconds"), [("max-age=60", 60), ("max-age=5", 30), ("max-age=9999", 600), ("", 300)]
)
def test_fetches_again_at_the_answers_max_age(
    verifier: Verifier, server: Server, cache_control: str, seconds: int
) -> None:
    server.cache_control = cache_control
    verifier.verify(token())
    server.now += seconds - 0.1
    verifier.verify(token())
    assert server.fetches == 1
    server.now += 0.1
    verifier.verify(token())
    assert server.fetches == 2


@pytest.mark.parametrize("text", ["", "a.b.c", token()[:-1], sign({**HEADER, "alg": "none"}, b"{}")])
def test_fetches_nothing_for_a_token_with_a_bad_form_or_header(
    verifier: Verifier, server: Server, text: str
) -> None:
    assert verifier.reason_of(text) in ("malformed", "unsupported_header")
    assert server.fetches == 0


def test_finds_a_new_key_after_the_cool_down(verifier: Verifier, server: Server) -> None:
    verifier.verify(token())
    server.keys = jwks(jwk(), jwk(kid="key-2", seed=2))
    assert verifier.reason_of(signed_by_key_2()) == "unknown_key"
    server.now += 29.9
    assert verifier.reason_of(signed_by_key_2()) == "unknown_key"
    assert server.fetches == 1
    server.now += 0.1
    assert verifier.reason_of(signed_by_key_2()) == "bad_claims"
    assert server.fetches == 2


def test_stops_trusting_a_key_that_left_the_set(verifier: Verifier, server: Server) -> None:
    verifier.verify(token())
    server.keys = jwks(jwk(kid="key-2", seed=2))
    server.now += 300
    assert verifier.reason_of(token()) == "unknown_key"


FAILURES: list[Reply] = [
    unreachable,
    lambda request: httpx.Response(500, json=problem(500, "internal_error")),
    lambda request: httpx.Response(502, text="Bad Gateway"),
    lambda request: httpx.Response(302, headers={"Location": "https://evil.example/"}),
    lambda request: httpx.Response(200, json={"keys": None}),
    lambda request: httpx.Response(200, json=jwks(jwk(), jwk(kid="zero", x=b64(bytes(32))))),
    lambda request: httpx.Response(200, content=b'{"keys":[],"keys":[]}'),
    lambda request: httpx.Response(304),
]


@pytest.mark.parametrize("is_down", [False, True])
def test_100000_random_kids_cost_one_fetch_in_30_seconds_and_no_good_token_of_1000(
    verifier: Verifier, server: Server, is_down: bool
) -> None:
    verifier.verify(token())
    fetched_at: list[float] = []

    def note_and_answer(request: httpx.Request) -> httpx.Response:
        fetched_at.append(server.now)
        return unreachable(request) if is_down else httpx.Response(200, json=jwks())

    def tick() -> None:
        server.now += 0.01

    server.reply = note_and_answer
    rng = random.Random(7)  # noqa: S311
    # In a thousand seconds: within the age until which keys are good without a fetch.
    accepted = verifier.flood((b64(rng.randbytes(32)) for _ in range(100_000)), between=tick)
    assert accepted == 1000
    assert len(fetched_at) == 33
    assert all(later - earlier >= 30 for earlier, later in pairwise([5000.0, *fetched_at]))


@pytest.mark.parametrize("failure", FAILURES)
def test_while_the_key_set_is_down_good_tokens_are_accepted_until_1800_seconds_and_refused_after(
    verifier: Verifier, server: Server, failure: Reply
) -> None:
    verifier.verify(token())
    server.reply = failure
    for age in (300, 900, 1799.9):
        server.now = 5000 + age
        assert verifier.verify(token()).sub == "billing"
        assert verifier.reason_of(signed_by_key_2()) == "unknown_key"
    assert server.fetches == 4
    for age in (1800, 1800.1, 86_400):
        server.now = 5000 + age
        with pytest.raises(KeysUnavailableError):
            verifier.verify(token())


@pytest.mark.parametrize(
    ("failure", "cause"),
    [(FAILURES[0], KkpConnectionError), (FAILURES[1], KkpApiError), (FAILURES[2], KkpProtocolError)],
)
def test_without_keys_the_error_says_so_and_why(
    verifier: Verifier, server: Server, failure: Reply, cause: type[Exception]
) -> None:
    server.reply = failure
    for _ in range(3):
        with pytest.raises(KeysUnavailableError) as caught:
            verifier.verify(token())
        assert isinstance(caught.value.__cause__, cause)
    assert server.fetches == 1


def test_recovers_after_an_outage(verifier: Verifier, server: Server) -> None:
    server.reply = unreachable
    with pytest.raises(KeysUnavailableError):
        verifier.verify(token())
    server.reply = None
    server.now += 30
    assert verifier.verify(token()).sub == "billing"


def test_a_failed_fetch_is_logged_without_the_token(
    verifier: Verifier, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.reply = unreachable
    with caplog.at_level(logging.WARNING, "kkp"), pytest.raises(KeysUnavailableError):
        verifier.verify(token())
    assert caplog.messages == [f"The key set was not fetched: No answer from {URL}: ConnectError."]


class Gate:
    """Holds a server's answer back until it is opened."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.opened = threading.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.arrived.set()
        assert self.opened.wait(5)
        return httpx.Response(200, json=jwks())


def test_threads_without_keys_share_one_fetch(server: Server) -> None:
    gate = Gate()
    server.reply = gate
    keys = RemoteJwks(
        URL, http_client=httpx.Client(transport=httpx.MockTransport(server)), clock=server.clock
    )
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(keys.find(KID))) for _ in range(20)]
    for thread in threads:
        thread.start()
    assert gate.arrived.wait(5)
    gate.opened.set()
    for thread in threads:
        thread.join(5)
    assert (server.fetches, len(found), None in found) == (1, 20, False)


def test_a_thread_with_its_key_in_hand_does_not_wait_for_a_fetch(server: Server) -> None:
    keys = RemoteJwks(
        URL, http_client=httpx.Client(transport=httpx.MockTransport(server)), clock=server.clock
    )
    keys.find(KID)
    gate = Gate()
    server.reply = gate
    server.now += 400
    fetching = threading.Thread(target=keys.find, args=(KID,))
    fetching.start()
    assert gate.arrived.wait(5)
    assert keys.find(KID) is not None
    assert fetching.is_alive()
    gate.opened.set()
    fetching.join(5)
    assert server.fetches == 2


class AsyncServer:
    """Counts fetches and holds each answer back until `opened`."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.fetches = 0
        self.arrived = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.fetches += 1
        self.arrived.set()
        await self.opened.wait()
        return httpx.Response(200, json=jwks())

    def keys(self) -> AsyncRemoteJwks:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return AsyncRemoteJwks(URL, http_client=http, clock=lambda: self.now)


def test_tasks_without_keys_share_one_fetch() -> None:
    async def run() -> None:
        server = AsyncServer()
        keys = server.keys()
        finding = [asyncio.create_task(keys.find(KID)) for _ in range(20)]
        await server.arrived.wait()
        server.opened.set()
        assert None not in await asyncio.gather(*finding)
        assert server.fetches == 1

    asyncio.run(asyncio.wait_for(run(), 5))


def test_cancelling_the_first_task_does_not_cancel_the_fetch_for_the_others() -> None:
    async def run() -> None:
        server = AsyncServer()
        keys = server.keys()
        first, second = asyncio.create_task(keys.find(KID)), asyncio.create_task(keys.find(KID))
        await server.arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        server.opened.set()
        assert await second is not None
        assert server.fetches == 1

    asyncio.run(asyncio.wait_for(run(), 5))


def test_a_task_with_its_key_in_hand_does_not_wait_for_a_fetch() -> None:
    async def run() -> None:
        server = AsyncServer()
        keys = server.keys()
        server.opened.set()
        await keys.find(KID)
        server.opened.clear()
        server.arrived.clear()
        server.now += 400
        fetching = asyncio.create_task(keys.find(KID))
        await server.arrived.wait()
        assert await keys.find(KID) is not None
        assert not fetching.done()
        server.opened.set()
        await fetching
        assert server.fetches == 2

    asyncio.run(asyncio.wait_for(run(), 5))


def test_closing_ends_a_fetch_under_way() -> None:
    async def run() -> None:
        server = AsyncServer()
        async with server.keys() as keys:
            finding = asyncio.create_task(keys.find(KID))
            await server.arrived.wait()
        with pytest.raises(asyncio.CancelledError):
            await finding

    asyncio.run(asyncio.wait_for(run(), 5))


def test_closes_its_own_connections_and_not_yours(server: Server) -> None:
    yours = httpx.Client(transport=httpx.MockTransport(server))
    with RemoteJwks(URL, http_client=yours) as keys:
        keys.find(KID)
    assert not yours.is_closed
    with RemoteJwks(URL) as own:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        own.find(KID)


@pytest.mark.parametrize("make", [RemoteJwks, AsyncRemoteJwks])
@pytest.mark.parametrize("options", [{"url": "ftp://kkp.example"}, {"url": URL, "timeout": 0}])
def test_refuses_options_that_cannot_work(make: Callable[..., object], options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"URL|timeout"):
        make(**options)
