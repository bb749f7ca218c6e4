import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp, problem
from tokens import b64

from kkp import DataKey, Encrypted, KkpProtocolError, PolicyDenied

Connect = Callable[..., Any]
KEY = {"backend": "aws", "key_id": "alias/orders"}
ENVELOPE = {
    **KEY,
    "ciphertext": b64(bytes(48)),
    "nonce": b64(bytes(12)),
    "encrypted_data_key": b64(b"\1opaque"),
}
GOOD = {"envelope": ENVELOPE, "plaintext_base64": b64(b"k" * 32)}


def answering(answer: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(200, json=answer)


def test_create_data_key_asks_for_32_bytes(connect: Connect, kkp: FakeKkp) -> None:
    data_key = connect(kkp).create_data_key(**KEY)
    assert kkp.bodies == [{**KEY, "bytes": 32}]
    assert kkp.requests[0].url.path == "/datakey"
    assert (data_key.plaintext, data_key.envelope["backend"]) == (b"\1" * 32, "aws")


@pytest.mark.parametrize("length", [16, 32, 64])
def test_create_data_key_sends_every_option(connect: Connect, kkp: FakeKkp, length: int) -> None:
    options = {"associated_data": "order 7", "policy_context": {"a": 1}}
    data_key = connect(kkp).create_data_key(**KEY, length=length, **options)
    assert kkp.bodies == [{**KEY, "bytes": length, **options}]
    assert len(data_key.plaintext) == length
    assert data_key.envelope["associated_data"] == "order 7"


def test_create_wrapped_data_key_returns_the_envelope_alone(connect: Connect, kkp: FakeKkp) -> None:
    options = {"associated_data": "", "policy_context": {"a": 1}}
    wrapped = connect(kkp).create_wrapped_data_key(**KEY, length=64, **options)
    assert kkp.bodies == [{**KEY, "bytes": 64, **options, "include_plaintext": False}]
    assert isinstance(wrapped, Encrypted)
    assert wrapped.envelope["key_id"] == "alias/orders"


@pytest.mark.parametrize("name", ["create_data_key", "create_wrapped_data_key"])
@pytest.mark.parametrize("length", [0, 15, 24, 33, 65, "32", None])
def test_other_lengths_are_refused_and_not_sent(
    connect: Connect, kkp: FakeKkp, name: str, length: Any
) -> None:
    with pytest.raises(ValueError, match="16, 32 or 64"):
        getattr(connect(kkp), name)(**KEY, length=length)
    assert kkp.requests == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("plaintext_base64", None),
        ("plaintext_base64", 7),
        ("plaintext_base64", ""),
        ("plaintext_base64", b64(b"k" * 31)),
        ("plaintext_base64", b64(b"k" * 33)),
        ("plaintext_base64", b64(b"k" * 64)),
        ("plaintext_base64", b64(b"k" * 32) + "="),
        ("envelope", None),
        ("envelope", "x"),
        ("envelope", {**ENVELOPE, "nonce": b64(bytes(11))}),
        ("envelope", {**ENVELOPE, "ciphertext": b64(bytes(15))}),
        ("envelope", {**ENVELOPE, "associated_data": 1}),
    ],
)
def test_refuses_an_answer_of_another_shape(connect: Connect, member: str, value: object) -> None:
    with pytest.raises(KkpProtocolError) as caught:
        connect(answering({**GOOD, member: value})).create_data_key(**KEY)
    assert b64(b"k" * 30) not in str(caught.value)


def test_takes_members_of_a_later_version(connect: Connect) -> None:
    assert connect(answering({**GOOD, "later": 1})).create_data_key(**KEY).plaintext == b"k" * 32


def test_a_data_key_shows_nothing_and_can_be_erased() -> None:
    data_key = DataKey(ENVELOPE, bytearray(b"secret"))  # type: ignore[arg-type]
    assert "secret" not in repr(data_key)
    data_key.erase()
    assert data_key.plaintext == bytes(6)


def test_rewrap_needs_nothing_but_the_envelope(connect: Connect, kkp: FakeKkp) -> None:
    client = connect(kkp)
    envelope = client.encrypt("x", **KEY).envelope
    moved = client.rewrap(envelope).envelope
    assert kkp.bodies[-1] == {"envelope": envelope}
    assert kkp.requests[-1].url.path == "/envelope/rewrap"
    assert moved == {**envelope, "encrypted_data_key": b64(b"\1moved")}


def test_rewrap_sends_every_option(connect: Connect, kkp: FakeKkp) -> None:
    client = connect(kkp)
    envelope = client.encrypt("x", **KEY).envelope
    options = {
        "token": "a.b.c",
        "expected_audience": "orders",
        "backend": "vault",
        "key_id": "other",
        "context": {"environment": "test"},
    }
    moved = client.rewrap(envelope, **options).envelope
    assert kkp.bodies[-1] == {"envelope": envelope, **options}
    assert (moved["backend"], moved["key_id"]) == ("vault", "other")


@pytest.mark.parametrize("envelope", [None, [], {**ENVELOPE, "encrypted_data_key": ""}])
def test_rewrap_refuses_an_answer_of_another_shape(connect: Connect, envelope: object) -> None:
    with pytest.raises(KkpProtocolError):
        connect(answering({"envelope": envelope})).rewrap(ENVELOPE)


@pytest.mark.parametrize("call", ["rewrap", "create_data_key", "create_wrapped_data_key"])
def test_errors_are_typed(connect: Connect, call: str) -> None:
    client = connect(lambda request: httpx.Response(403, json=problem(403, "policy_denied")))
    arguments: dict[str, Any] = {"envelope": ENVELOPE} if call == "rewrap" else KEY
    with pytest.raises(PolicyDenied):
        getattr(client, call)(**arguments)


def test_the_answer_is_read_strictly(connect: Connect) -> None:
    text = json.dumps(GOOD)[:-1] + ', "envelope": {}}'
    client = connect(lambda request: httpx.Response(200, text=text))
    with pytest.raises(KkpProtocolError, match="twice"):
        client.create_data_key(**KEY)
