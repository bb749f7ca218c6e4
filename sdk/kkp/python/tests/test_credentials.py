import asyncio
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp, problem

from kkp import (
    ApiKey,
    AsyncClient,
    Client,
    CredentialsError,
    InvalidToken,
    KkpConnectionError,
    KkpProtocolError,
    Unauthenticated,
)

Connect = Callable[..., Any]
CANARY = "SECRET-CANARY.abc_-~+/=="
BAD_BEARERS = [
    "",
    " ",
    "a b",
    "a\r\nX-Admin: 1",
    "a\n",
    "\ta",
    "a,b",
    "caf\u00e9",
    "a\0",
    "=a",
    '"a"',
    "\u0661",
]
BAD_API_KEYS = ["", " ", "a b", "a\r\nX-Admin: 1", "a\n", "\ta", "caf\u00e9", "a\0", "a\x7f", "\u0661"]


def sent(kkp: FakeKkp) -> list[tuple[str | None, str | None]]:
    return [(r.headers.get("Authorization"), r.headers.get("X-API-Key")) for r in kkp.requests]


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (CANARY, (f"Bearer {CANARY}", None)),
        (lambda: CANARY, (f"Bearer {CANARY}", None)),
        (ApiKey("kkp:1.#secret!"), (None, "kkp:1.#secret!")),
        (ApiKey(lambda: "key"), (None, "key")),
        (None, (None, None)),
    ],
)
def test_a_credential_goes_into_one_header(
    connect: Connect, kkp: FakeKkp, credentials: Any, expected: tuple[str | None, str | None]
) -> None:
    connect(kkp, credentials=credentials).rotate()
    assert sent(kkp) == [expected]


def test_a_function_is_asked_anew_for_each_call(connect: Connect, kkp: FakeKkp) -> None:
    tokens = iter(["one", "two"])
    client = connect(kkp, credentials=lambda: next(tokens))
    client.rotate()
    client.rotate()
    assert sent(kkp) == [("Bearer one", None), ("Bearer two", None)]


@pytest.mark.parametrize("wrap", [lambda secret: secret, ApiKey])
def test_the_async_client_awaits_an_async_function(kkp: FakeKkp, wrap: Callable[[Any], Any]) -> None:
    async def secret() -> str:
        await asyncio.sleep(0)
        return "later"

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(kkp)) as http:
            await AsyncClient("http://kkp.example", http_client=http, credentials=wrap(secret)).rotate()

    asyncio.run(run())
    assert [value for value in sent(kkp)[0] if value] in (["Bearer later"], ["later"])


def test_the_blocking_client_refuses_an_async_function(kkp: FakeKkp) -> None:
    async def secret() -> str:
        return "later"

    http = httpx.Client(transport=httpx.MockTransport(kkp))
    credentials: Any = secret
    with pytest.raises(CredentialsError, match="AsyncClient"):
        Client("http://kkp.example", http_client=http, credentials=credentials).rotate()
    assert kkp.requests == []


def test_public_keys_are_fetched_without_a_credential_and_without_asking_for_one(
    connect: Connect, kkp: FakeKkp
) -> None:
    def never() -> str:
        raise AssertionError("asked")

    connect(kkp, credentials=never).fetch_jwks()
    assert sent(kkp) == [(None, None)]


def test_a_credential_reaches_no_other_origin_through_a_redirect(connect: Connect, kkp: FakeKkp) -> None:
    kkp.replies["/keys/rotate"] = lambda request: httpx.Response(
        307, headers={"Location": "https://other.example/elsewhere"}
    )
    with pytest.raises(KkpProtocolError):
        connect(kkp, credentials=CANARY).rotate()
    assert [request.url.path for request in kkp.requests] == ["/keys/rotate"]


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize(
    "credentials",
    [*BAD_BEARERS, *map(ApiKey, BAD_API_KEYS), 5, b"token", ApiKey(b"key"), ["a"]],  # type: ignore[arg-type]
)
def test_what_no_header_can_hold_is_refused(make: Callable[..., object], credentials: Any) -> None:
    with pytest.raises(ValueError, match="credentials must be"):
        make("http://kkp.example", credentials=credentials)


@pytest.mark.parametrize("secret", [*BAD_BEARERS, None, 5, b"token"])
def test_what_no_header_can_hold_is_not_sent_when_a_function_gives_it(
    connect: Connect, kkp: FakeKkp, secret: Any
) -> None:
    with pytest.raises(CredentialsError, match="does not allow"):
        connect(kkp, credentials=lambda: secret).rotate()
    assert kkp.requests == []


@pytest.mark.parametrize("own", [{"auth": ("a", "b")}, {"headers": {"authorization": CANARY}}])
def test_an_http_client_with_a_credential_of_its_own_is_refused(own: Any) -> None:
    with httpx.Client(**own) as http, pytest.raises(ValueError, match="http_client must have no credential"):
        Client("http://kkp.example", http_client=http, credentials="token")


def test_an_http_client_with_an_api_key_of_its_own_is_refused() -> None:
    http = httpx.AsyncClient(headers={"x-api-key": CANARY})
    with pytest.raises(ValueError, match="http_client must have no credential"):
        AsyncClient("http://kkp.example", http_client=http, credentials="token")


def test_a_function_that_fails_ends_the_call_with_its_cause(connect: Connect, kkp: FakeKkp) -> None:
    cause = RuntimeError("no session")

    def fail() -> str:
        raise cause

    with pytest.raises(CredentialsError) as caught:
        connect(kkp, credentials=fail).rotate()
    assert caught.value.__cause__ is cause
    assert kkp.requests == []


def test_an_async_function_that_fails_ends_the_call_with_its_cause(kkp: FakeKkp) -> None:
    cause = RuntimeError("no session")

    async def fail() -> str:
        raise cause

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(kkp)) as http:
            await AsyncClient("http://kkp.example", http_client=http, credentials=fail).rotate()

    with pytest.raises(CredentialsError) as caught:
        asyncio.run(run())
    assert caught.value.__cause__ is cause
    assert kkp.requests == []


def test_an_unauthenticated_caller_is_told_apart_from_a_bad_token(connect: Connect, kkp: FakeKkp) -> None:
    for code, error in (("unauthenticated", Unauthenticated), ("invalid_token", InvalidToken)):
        kkp.replies["/keys/rotate"] = lambda request, code=code: httpx.Response(401, json=problem(401, code))  # type: ignore[misc]
        with pytest.raises(error):
            connect(kkp, credentials=CANARY).rotate()


@pytest.mark.parametrize("credentials", [CANARY, ApiKey(CANARY)])
def test_no_log_repr_or_message_holds_the_secret(
    connect: Connect, kkp: FakeKkp, caplog: pytest.LogCaptureFixture, credentials: Any
) -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("cut", request=request)

    caplog.set_level(logging.DEBUG)
    kkp.replies["/keys/rotate"] = cut
    with pytest.raises(KkpConnectionError) as caught:
        connect(kkp, credentials=credentials).rotate()
    with Client("http://kkp.example", credentials=credentials) as client:
        shown = repr([caught.value, client, vars(client), ApiKey(CANARY)]) + str(caught.value) + caplog.text
    assert "CANARY" not in shown
    with pytest.raises(ValueError, match="one line") as refused:
        Client("http://kkp.example", credentials=f"{CANARY}\n")
    assert "CANARY" not in str(refused.value)
