import asyncio
import dataclasses
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp
from proofs import unb64
from tokens import CLAIMS, NOW, jwk, jwks

from kkp import AsyncClient, Claims, Client, Decrypted, IssuedToken, RotatedKey, verify_token

Connect = Callable[..., Any]
GRANT = {"subject": "billing", "audience": "orders", "backend": "aws", "key_id": "alias/orders"}
KEY = {"backend": "aws", "key_id": "alias/orders"}


def test_issue_token_sends_only_what_was_given(connect: Connect, kkp: FakeKkp) -> None:
    issued = connect(kkp).issue_token(**GRANT)
    assert kkp.bodies == [GRANT]
    assert (issued.expires_at, issued.kid) == (NOW + 300, "key-1")
    assert verify_token(issued.token, jwks(), now=NOW).sub == "billing"


def test_issue_token_sends_every_option(connect: Connect, kkp: FakeKkp) -> None:
    options = {
        "ttl_seconds": 60,
        "policy_claims": {"environment": "prod"},
        "request_context": {"ip": "::1"},
        "ops": ["encrypt", "data_key"],
        "not_before": NOW + 5,
        "cnf": {"jkt": "A" * 43},
    }
    issued = connect(kkp).issue_token(**GRANT, **options)
    assert kkp.bodies == [{**GRANT, **options}]
    claims = verify_token(issued.token, jwks(), now=NOW + 5, extra_claims=["ops", "nbf", "cnf"])
    assert claims.policy_claims == {"environment": "prod"}
    assert claims.extra == {"ops": ["encrypt", "data_key"], "nbf": NOW + 5, "cnf": {"jkt": "A" * 43}}


def test_issue_token_takes_any_sequence_of_uses_and_no_string(connect: Connect, kkp: FakeKkp) -> None:
    connect(kkp).issue_token(**GRANT, ops=("decrypt", "rewrap"))
    assert kkp.bodies == [{**GRANT, "ops": ["decrypt", "rewrap"]}]
    with pytest.raises(TypeError, match="ops"):
        connect(kkp).issue_token(**GRANT, ops="decrypt")
    assert len(kkp.requests) == 1


def test_encrypt_sends_text_as_plaintext(connect: Connect, kkp: FakeKkp) -> None:
    envelope = connect(kkp).encrypt("h\u00e9llo \U0001f600", **KEY).envelope
    assert kkp.bodies == [{**KEY, "plaintext": "h\u00e9llo \U0001f600"}]
    assert set(envelope) == {"backend", "key_id", "ciphertext", "nonce", "encrypted_data_key"}


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\xfd", b"a", b"ab", bytes(range(256))])
def test_encrypt_sends_bytes_as_base64url_without_padding(
    connect: Connect, kkp: FakeKkp, data: bytes
) -> None:
    connect(kkp).encrypt(data, **KEY)
    (body,) = kkp.bodies
    assert body.keys() == {"backend", "key_id", "plaintext_base64"}
    assert not set("+/=") & set(body["plaintext_base64"])
    assert unb64(body["plaintext_base64"]) == data


def test_encrypt_sends_every_option_and_returns_associated_data(connect: Connect, kkp: FakeKkp) -> None:
    envelope = (
        connect(kkp).encrypt("x", **KEY, associated_data="order 7", policy_context={"a": [1, None]}).envelope
    )
    assert kkp.bodies == [
        {**KEY, "plaintext": "x", "associated_data": "order 7", "policy_context": {"a": [1, None]}}
    ]
    assert envelope["associated_data"] == "order 7"
    assert json.loads(json.dumps(envelope)) == envelope


def test_empty_options_are_sent_and_not_taken_for_absent(connect: Connect, kkp: FakeKkp) -> None:
    client = connect(kkp)
    client.issue_token(**GRANT, policy_claims={}, ttl_seconds=0, ops=[], not_before=0, cnf={})
    client.encrypt("", **KEY, associated_data="")
    assert kkp.bodies == [
        {**GRANT, "policy_claims": {}, "ttl_seconds": 0, "ops": [], "not_before": 0, "cnf": {}},
        {**KEY, "plaintext": "", "associated_data": ""},
    ]


def test_decrypt_returns_text(connect: Connect, kkp: FakeKkp) -> None:
    client = connect(kkp)
    issued, envelope = client.issue_token(**GRANT), client.encrypt("h\u00e9llo", **KEY).envelope
    opened = client.decrypt(issued.token, envelope)
    assert opened == Decrypted("h\u00e9llo", Claims(**{**CLAIMS, "policy_claims": {}}))
    assert kkp.bodies[-1] == {"token": issued.token, "envelope": envelope, "encoding": "utf8"}


def test_decrypt_returns_bytes(connect: Connect, kkp: FakeKkp) -> None:
    client = connect(kkp)
    issued, envelope = client.issue_token(**GRANT), client.encrypt(bytes(range(256)), **KEY).envelope
    assert client.decrypt(issued.token, envelope, encoding="base64").plaintext == bytes(range(256))


def test_decrypt_sends_every_option(connect: Connect, kkp: FakeKkp) -> None:
    client = connect(kkp)
    issued, envelope = client.issue_token(**GRANT), client.encrypt("x", **KEY).envelope
    options = {"expected_audience": "orders", "context": {"environment": "prod"}, "encoding": "base64"}
    client.decrypt(issued.token, envelope, **options)
    assert kkp.bodies[-1] == {"token": issued.token, "envelope": envelope, **options}


def test_fetch_jwks_returns_the_document(connect: Connect, kkp: FakeKkp) -> None:
    assert connect(kkp).fetch_jwks() == jwks(jwk(), jwk(kid="key-2", seed=2))
    assert [(request.method, request.url.path) for request in kkp.requests] == [("GET", "/keys/jwks")]


def test_rotate_posts_no_body(connect: Connect, kkp: FakeKkp) -> None:
    assert connect(kkp).rotate() == RotatedKey(kid="key-2", expires_at=NOW + 1800)
    (request,) = kkp.requests
    assert (request.method, request.url.path, request.content) == ("POST", "/keys/rotate", b"")
    assert "Content-Type" not in request.headers


def test_requests_carry_their_headers(connect: Connect, kkp: FakeKkp) -> None:
    connect(kkp).encrypt("x", **KEY)
    (request,) = kkp.requests
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["User-Agent"].startswith("kkp-sdk-python/")
    assert "application/json" in request.headers["Accept"]


def test_the_timeout_is_10_seconds_or_the_clients_or_the_calls(connect: Connect, kkp: FakeKkp) -> None:
    connect(kkp).rotate()
    connect(kkp, timeout=3).rotate()
    connect(kkp, timeout=3).rotate(timeout=0.5)
    timeouts = [request.extensions["timeout"] for request in kkp.requests]
    assert [set(timeout.values()) for timeout in timeouts] == [{10.0}, {3}, {0.5}]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"plaintext": "\ud800"}, ValueError),
        ({"plaintext": 5}, TypeError),
        ({"plaintext": None}, TypeError),
        ({"plaintext": "x", "policy_context": {"a": float("nan")}}, ValueError),
        ({"plaintext": "x", "policy_context": {"a": b"x"}}, TypeError),
        ({"plaintext": "x", "timeout": 0}, ValueError),
        ({"plaintext": "x", "timeout": -1}, ValueError),
        ({"plaintext": "x", "timeout": float("nan")}, ValueError),
        ({"plaintext": "x", "timeout": float("inf")}, ValueError),
    ],
)
def test_bad_arguments_are_refused_and_not_sent(
    connect: Connect, kkp: FakeKkp, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        connect(kkp).encrypt(**KEY, **arguments)
    assert kkp.requests == []


def test_an_unknown_encoding_is_refused_and_not_sent(connect: Connect, kkp: FakeKkp) -> None:
    with pytest.raises(ValueError, match="utf8 or base64"):
        connect(kkp).decrypt("token", {}, encoding="utf-8")
    assert kkp.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "kkp.example",
        "ftp://kkp.example",
        "https://",
        "https:///keys",
        "https://user:secret@kkp.example",
        "https://kkp.example?a=b",
        "https://kkp.example#a",
        "https://kkp.example:port",
        None,
    ],
)
@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_refuses_a_base_url_that_is_not_one(make: Callable[[Any], object], url: Any) -> None:
    with pytest.raises(ValueError, match="URL of KKP") as caught:
        make(url)
    assert "secret" not in str(caught.value)


def test_slashes_at_the_end_of_the_base_url_do_not_matter(kkp: FakeKkp) -> None:
    http = httpx.Client(transport=httpx.MockTransport(kkp))
    Client("http://[::1]:8080//", http_client=http).rotate()
    assert str(kkp.requests[0].url) == "http://[::1]:8080/keys/rotate"


def test_closes_its_own_connections_and_not_yours(kkp: FakeKkp) -> None:
    yours = httpx.Client(transport=httpx.MockTransport(kkp))
    with Client("http://kkp.example", http_client=yours) as client:
        client.rotate()
    assert not yours.is_closed
    with Client("http://kkp.example") as own:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        own.rotate()


def test_the_async_client_closes_its_own_connections_and_not_yours(kkp: FakeKkp) -> None:
    async def run() -> None:
        yours = httpx.AsyncClient(transport=httpx.MockTransport(kkp))
        async with AsyncClient("http://kkp.example", http_client=yours) as client:
            await client.rotate()
        assert not yours.is_closed
        async with AsyncClient("http://kkp.example") as own:
            pass
        with pytest.raises(RuntimeError, match="closed"):
            await own.rotate()

    asyncio.run(asyncio.wait_for(run(), 5))


def test_cancelling_an_async_call_ends_it() -> None:
    async def run() -> None:
        arrived, ended = asyncio.Event(), asyncio.Event()

        async def never_answer(request: httpx.Request) -> httpx.Response:
            arrived.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            raise AssertionError

        async with httpx.AsyncClient(transport=httpx.MockTransport(never_answer)) as http:
            call = asyncio.create_task(AsyncClient("http://kkp.example", http_client=http).rotate())
            await arrived.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert ended.is_set()

    asyncio.run(asyncio.wait_for(run(), 5))


def test_results_are_frozen_and_hide_tokens_and_plaintexts_in_their_repr() -> None:
    issued = IssuedToken("tok.en.secret", NOW, "key-1")
    opened = Decrypted("secret text", Claims(**CLAIMS))
    assert "secret" not in repr([issued, opened])
    with pytest.raises(dataclasses.FrozenInstanceError):
        issued.token = "other"  # type: ignore[misc]  # noqa: S105
    with pytest.raises(dataclasses.FrozenInstanceError):
        opened.plaintext = "other"  # type: ignore[misc]
