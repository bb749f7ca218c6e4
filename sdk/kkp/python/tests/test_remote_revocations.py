import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import problem
from tokens import CLAIMS, KID, NOW, jwk, jwks, revocation_list, token

from kkp import (
    AsyncRemoteJwks,
    AsyncRemoteRevocations,
    Claims,
    KeysUnavailableError,
    KkpApiError,
    KkpConnectionError,
    KkpProtocolError,
    RemoteJwks,
    RemoteRevocations,
    RevocationsError,
    RevocationsUnavailableError,
    TokenVerificationError,
    import_jwks,
    verify_token,
    verify_token_async,
)

URL = "https://kkp.example/.well-known/kkp-revocations"
KEYS_URL = "https://kkp.example/keys/jwks"
Reply = Callable[[httpx.Request], httpx.Response]
KEYS = jwks(jwk(), jwk(kid="key-2", seed=2))
ALL = {"before": NOW + 999, "expires_at": NOW + 9999}
KEY_1 = {"kid": KID, "expires_at": NOW + 960}
CLAIMS_OF_TOKEN = Claims(**CLAIMS)


class Server:
    """Answers with a list and with keys; counts fetches of the list; the clock stands beside it."""

    def __init__(self) -> None:
        self.now: float = NOW
        self.fetches = 0
        self.list = revocation_list()
        self.cache_control = "public, max-age=30"
        self.reply: Reply | None = None
        self.keys_reply: Reply | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if str(request.url) == KEYS_URL:
            return self.keys_reply(request) if self.keys_reply else httpx.Response(200, json=KEYS)
        self.fetches += 1
        assert (request.method, str(request.url)) == ("GET", URL)
        assert request.headers["Accept"] == "application/jwt, application/problem+json"
        if self.reply is not None:
            return self.reply(request)
        return httpx.Response(200, text=self.list, headers={"Cache-Control": self.cache_control})

    def clock(self) -> float:
        return self.now


class Verifier:
    """Remote keys and a remote list, sync or async, behind one call."""

    def __init__(self, kind: str, server: Server, static: bool = False, **options: Any) -> None:
        self._is_sync = kind == "sync"
        transport = httpx.MockTransport(server)
        if self._is_sync:
            http: Any = httpx.Client(transport=transport, follow_redirects=True)
            self._keys: Any = RemoteJwks(KEYS_URL, http_client=http, clock=server.clock)
        else:
            http = httpx.AsyncClient(transport=transport, follow_redirects=True)
            self._keys = AsyncRemoteJwks(KEYS_URL, http_client=http, clock=server.clock)
        make: Any = RemoteRevocations if self._is_sync else AsyncRemoteRevocations
        if static:
            self._keys = import_jwks(KEYS)
        self.revocations = make(URL, self._keys, http_client=http, clock=server.clock, **options)

    def verify(self, text: str = token()) -> Claims:
        options = {"now": NOW, "revocations": self.revocations}
        if self._is_sync:
            return verify_token(text, self._keys, **options)
        return asyncio.run(verify_token_async(text, self._keys, **options))

    def is_revoked(self) -> bool:
        try:
            self.verify()
        except TokenVerificationError as error:
            return error.reason == "revoked"
        return False

    def failure(self) -> BaseException | None:
        with pytest.raises(RevocationsUnavailableError) as caught:
            self.verify()
        return caught.value.__cause__


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture
def verifier(kind: str, server: Server) -> Verifier:
    return Verifier(kind, server)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize("static", [False, True])
def test_fetches_once_and_judges_by_the_list(kind: str, server: Server, static: bool) -> None:
    verifier = Verifier(kind, server, static)
    for _ in range(5):
        assert not verifier.is_revoked()
        server.now += 5.9
    assert server.fetches == 1
    server.list = revocation_list(ALL, iat=NOW + 30, exp=NOW + 90)
    server.now = NOW + 30
    assert verifier.is_revoked()
    assert server.fetches == 2


def test_fetches_nothing_for_a_token_that_is_not_good(verifier: Verifier, server: Server) -> None:
    for text in ("", "a.b.c", token(sub=""), token(exp=NOW), token()[:-86] + "A" * 86):
        with pytest.raises(TokenVerificationError) as caught:
            verifier.verify(text)
        assert caught.value.reason != "revoked"
    assert server.fetches == 0


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("max-age=5", 5),
        ("max-age=1", 1),
        ("max-age=0", 1),
        ("max-age=60", 60),
        ("max-age=61", 60),
        ("max-age=9999", 60),
        ("", 60),
    ],
)
def test_fetches_again_at_max_age_or_at_the_end_of_the_list(
    verifier: Verifier, server: Server, cache_control: str, seconds: int
) -> None:
    server.cache_control = cache_control
    verifier.verify()
    server.now += seconds - 0.1
    verifier.verify()
    assert server.fetches == 1
    server.now += 0.1
    server.list = revocation_list(ALL, iat=NOW + seconds, exp=NOW + seconds + 60)
    assert verifier.is_revoked()
    assert server.fetches == 2


def changed(text: str) -> str:
    head, body, signature = text.split(".")
    return f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


FAILURES: list[tuple[Reply, type[Exception], str | None]] = [
    (unreachable, KkpConnectionError, None),
    (lambda r: httpx.Response(503, json=problem(503, "internal_error")), KkpApiError, None),
    (lambda r: httpx.Response(502, text="Bad Gateway"), KkpProtocolError, None),
    (lambda r: httpx.Response(302, headers={"Location": "https://evil.example/"}), KkpProtocolError, None),
    (lambda r: httpx.Response(304), KkpProtocolError, None),
    (lambda r: httpx.Response(204), KkpProtocolError, None),
    (lambda r: httpx.Response(200, text=""), RevocationsError, "malformed"),
    (lambda r: httpx.Response(200, json={"rules": []}), RevocationsError, "malformed"),
    (lambda r: httpx.Response(200, content=b"\xff"), RevocationsError, "malformed"),
    (lambda r: httpx.Response(200, text=revocation_list() + "\n"), RevocationsError, "malformed"),
    (lambda r: httpx.Response(200, text=token()), RevocationsError, "unsupported_header"),
    (lambda r: httpx.Response(200, text=revocation_list(kid="key-3")), RevocationsError, "unknown_key"),
    (lambda r: httpx.Response(200, text=changed(revocation_list())), RevocationsError, "bad_signature"),
    (lambda r: httpx.Response(200, text=revocation_list(seed=2)), RevocationsError, "bad_signature"),
    (lambda r: httpx.Response(200, text=revocation_list(rules={})), RevocationsError, "bad_claims"),
    (lambda r: httpx.Response(200, text=revocation_list({"aud": "x"})), RevocationsError, "bad_claims"),
    (lambda r: httpx.Response(200, text=revocation_list(exp=NOW - 1)), RevocationsError, None),
]


@pytest.mark.parametrize(("reply", "error", "reason"), FAILURES)
def test_without_a_list_no_token_is_good_and_kkp_is_asked_once_a_second(
    verifier: Verifier, server: Server, reply: Reply, error: type[Exception], reason: str | None
) -> None:
    server.reply = reply
    for _ in range(3):
        cause = verifier.failure()
        assert isinstance(cause, error)
        assert reason is None or getattr(cause, "reason", None) == reason
        server.now += 0.3
    assert server.fetches == 1
    server.now = NOW + 1
    verifier.failure()
    assert server.fetches == 2
    server.now, server.reply = NOW + 2, None
    assert not verifier.is_revoked()


@pytest.mark.parametrize(("reply", "error", "_"), FAILURES)
@pytest.mark.parametrize("rules", [[], [ALL]])
def test_a_failed_fetch_leaves_the_list_in_use_until_its_end_and_no_longer(
    verifier: Verifier,
    server: Server,
    reply: Reply,
    error: type[Exception],
    _: object,
    rules: list[dict[str, Any]],
) -> None:
    server.list = revocation_list(*rules)
    assert verifier.is_revoked() is bool(rules)
    server.reply = reply
    for age in (30, 45, 59.9):
        server.now = NOW + age
        assert verifier.is_revoked() is bool(rules)
    assert server.fetches == 4
    for age in (60, 61, 3600):
        server.now = NOW + age
        assert isinstance(verifier.failure(), error)


def test_a_clock_that_was_set_back_does_not_lengthen_the_life_of_a_list(
    verifier: Verifier, server: Server
) -> None:
    verifier.verify()
    server.now, server.reply = NOW - 100, unreachable
    assert isinstance(verifier.failure(), KkpConnectionError)
    assert server.fetches == 2
    verifier.failure()
    assert server.fetches == 2


def test_recovers_when_a_clock_that_was_set_back_is_right_again(verifier: Verifier, server: Server) -> None:
    server.now, server.reply = NOW + 100_000, unreachable
    verifier.failure()
    server.now, server.reply = NOW, None
    assert not verifier.is_revoked()


def test_takes_no_older_list_than_it_had(verifier: Verifier, server: Server) -> None:
    server.list = revocation_list(ALL)
    assert verifier.is_revoked()
    server.list = revocation_list(iat=NOW - 1, exp=NOW + 600)
    server.now = NOW + 30
    assert verifier.is_revoked()
    server.now = NOW + 60
    cause = verifier.failure()
    assert isinstance(cause, RevocationsError)
    assert cause.reason == "outdated"


def test_takes_another_list_of_the_same_second(verifier: Verifier, server: Server) -> None:
    assert not verifier.is_revoked()
    server.list = revocation_list(ALL)
    server.now = NOW + 30
    assert verifier.is_revoked()


def later(*rules: dict[str, Any], age: int, **options: Any) -> str:
    return revocation_list(*rules, iat=NOW + age, exp=NOW + age + 60, **options)


def test_takes_no_list_from_a_key_that_a_list_before_revoked_until_the_end_of_that_rule(
    verifier: Verifier, server: Server
) -> None:
    server.list = revocation_list(KEY_1, kid="key-2", seed=2)
    assert verifier.is_revoked()
    server.list = later(age=30)
    server.now = NOW + 30
    assert verifier.is_revoked()
    server.now = NOW + 60
    cause = verifier.failure()
    assert isinstance(cause, RevocationsError)
    assert cause.reason == "revoked_key"
    server.list, server.now = later(age=959), NOW + 959
    verifier.failure()
    server.list, server.now = later(age=960), NOW + 960
    assert not verifier.is_revoked()


def test_remembers_a_revoked_key_when_later_lists_do_not_name_it(verifier: Verifier, server: Server) -> None:
    server.list = revocation_list(KEY_1, {**KEY_1, "expires_at": NOW + 100}, kid="key-2", seed=2)
    verifier.is_revoked()
    server.list, server.now = later({**KEY_1, "expires_at": NOW + 99}, age=60, kid="key-2", seed=2), NOW + 60
    verifier.is_revoked()
    server.list, server.now = later(age=120), NOW + 120
    cause = verifier.failure()
    assert isinstance(cause, RevocationsError)
    assert cause.reason == "revoked_key"


@pytest.mark.parametrize(
    ("issuer", "iss", "is_good"),
    [
        ("https://kkp.example", {"iss": "https://kkp.example"}, True),
        ("https://kkp.example", {"iss": "https://kkp.example/"}, False),
        ("https://kkp.example", {}, False),
        (None, {"iss": "https://kkp.example"}, True),
        (None, {}, True),
    ],
)
def test_the_issuer_that_is_asked_for_must_be_the_lists(
    kind: str, server: Server, issuer: str | None, iss: dict[str, Any], is_good: bool
) -> None:
    server.list = revocation_list(**iss)
    verifier = Verifier(kind, server, issuer=issuer)
    if is_good:
        assert not verifier.is_revoked()
        return
    cause = verifier.failure()
    assert isinstance(cause, RevocationsError)
    assert cause.reason == "wrong_issuer"


def test_without_keys_no_list_is_good(kind: str, server: Server) -> None:
    verifier = Verifier(kind, server)
    server.keys_reply = unreachable

    async def ask() -> bool:
        return bool(await verifier.revocations.covers(CLAIMS_OF_TOKEN, KID))

    with pytest.raises(RevocationsUnavailableError) as caught:
        verifier.revocations.covers(CLAIMS_OF_TOKEN, KID) if kind == "sync" else asyncio.run(ask())
    assert isinstance(caught.value.__cause__, KeysUnavailableError)


def test_a_failed_fetch_is_logged_without_the_list(
    verifier: Verifier, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.list = revocation_list({"subject": "SECRET"})
    with caplog.at_level(logging.WARNING, "kkp"):
        verifier.failure()
    assert caplog.messages == [
        "The list of revocations was not fetched: The list of revocations has a member or a rule that is "
        "missing, or not of a known form."
    ]


class Gate:
    """Holds a server's answer back until it is opened."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.opened = threading.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.arrived.set()
        assert self.opened.wait(5)
        return httpx.Response(200, text=revocation_list(ALL))


def remote(server: Server) -> RemoteRevocations:
    http = httpx.Client(transport=httpx.MockTransport(server))
    return RemoteRevocations(URL, KEYS, http_client=http, clock=server.clock)


def test_threads_without_a_list_share_one_fetch(server: Server) -> None:
    gate = Gate()
    server.reply = gate
    revocations = remote(server)
    told: list[bool] = []
    threads = [
        threading.Thread(target=lambda: told.append(revocations.covers(CLAIMS_OF_TOKEN, KID)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    assert gate.arrived.wait(5)
    gate.opened.set()
    for thread in threads:
        thread.join(5)
    assert (server.fetches, told) == (1, [True] * 20)


def test_a_thread_with_a_list_in_hand_does_not_wait_for_a_fetch(server: Server) -> None:
    revocations = remote(server)
    assert not revocations.covers(CLAIMS_OF_TOKEN, KID)
    gate = Gate()
    server.reply = gate
    server.now += 30
    fetching = threading.Thread(target=revocations.covers, args=(CLAIMS_OF_TOKEN, KID))
    fetching.start()
    assert gate.arrived.wait(5)
    assert not revocations.covers(CLAIMS_OF_TOKEN, KID)
    assert fetching.is_alive()
    gate.opened.set()
    fetching.join(5)
    assert revocations.covers(CLAIMS_OF_TOKEN, KID)
    assert server.fetches == 2


class AsyncServer:
    """Counts fetches and holds each answer back until `opened`."""

    def __init__(self) -> None:
        self.now: float = NOW
        self.fetches = 0
        self.arrived = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.fetches += 1
        self.arrived.set()
        await self.opened.wait()
        return httpx.Response(200, text=revocation_list(ALL), headers={"Cache-Control": "max-age=30"})

    def revocations(self) -> AsyncRemoteRevocations:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return AsyncRemoteRevocations(URL, KEYS, http_client=http, clock=lambda: self.now)


def test_tasks_without_a_list_share_one_fetch_and_outlive_the_first() -> None:
    async def run() -> None:
        server = AsyncServer()
        revocations = server.revocations()
        first, *others = [asyncio.create_task(revocations.covers(CLAIMS_OF_TOKEN, KID)) for _ in range(20)]
        await server.arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        server.opened.set()
        assert await asyncio.gather(*others) == [True] * 19
        assert server.fetches == 1

    asyncio.run(asyncio.wait_for(run(), 5))


def test_a_task_with_a_list_in_hand_does_not_wait_for_a_fetch() -> None:
    async def run() -> None:
        server = AsyncServer()
        revocations = server.revocations()
        server.opened.set()
        await revocations.covers(CLAIMS_OF_TOKEN, KID)
        server.opened.clear()
        server.arrived.clear()
        server.now += 30
        fetching = asyncio.create_task(revocations.covers(CLAIMS_OF_TOKEN, KID))
        await server.arrived.wait()
        assert await revocations.covers(CLAIMS_OF_TOKEN, KID)
        assert not fetching.done()
        server.opened.set()
        assert await fetching
        assert server.fetches == 2

    asyncio.run(asyncio.wait_for(run(), 5))


def test_closes_its_own_connections_and_not_yours(server: Server) -> None:
    yours = httpx.Client(transport=httpx.MockTransport(server))
    with RemoteRevocations(URL, KEYS, http_client=yours, clock=server.clock) as revocations:
        revocations.covers(CLAIMS_OF_TOKEN, KID)
    assert not yours.is_closed
    with RemoteRevocations(URL, KEYS) as own:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        own.covers(CLAIMS_OF_TOKEN, KID)


@pytest.mark.parametrize("make", [RemoteRevocations, AsyncRemoteRevocations])
@pytest.mark.parametrize("options", [{"url": "ftp://kkp.example"}, {"url": URL, "timeout": 0}])
def test_refuses_options_that_cannot_work(make: Callable[..., object], options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"URL|timeout"):
        make(keys=KEYS, **options)


@pytest.mark.parametrize("make", [RemoteRevocations, AsyncRemoteRevocations])
@pytest.mark.parametrize("keys", [None, [jwk()], "keys"])
def test_refuses_what_are_no_keys(make: Callable[..., object], keys: Any) -> None:
    with pytest.raises(TypeError, match="keys must be"):
        make(URL, keys)
