from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp, problem
from tokens import CLAIMS, b64

from kkp import (
    DataKey,
    Decrypted,
    EnvelopeError,
    InvalidRequest,
    KkpApiError,
    KkpProtocolError,
    KmsError,
    PolicyDenied,
)

Connect = Callable[..., Any]
KEY = {"backend": "aws", "key_id": "alias/orders"}
GRANT = {"subject": "billing", "audience": "orders", **KEY}
ENVELOPE = {**KEY, "ciphertext": b64(bytes(16)), "nonce": b64(bytes(12)), "encrypted_data_key": b64(b"\1")}
OPEN = {"token": "a.b.c", "envelope": ENVELOPE}
OPENED = {"status": 200, "body": {"plaintext": "SECRET-TEXT", "claims": CLAIMS}}
DENIED = {"status": 403, "body": problem(403, "policy_denied", instance=None)}
BUSY = {"status": 429, "body": problem(429, "kms_error", instance=None), "retry_after_seconds": 3}


def answering(answer: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(200, json=answer)


def test_seals_and_opens_each_item(connect: Connect, kkp: FakeKkp) -> None:
    client = connect(kkp)
    text = {"plaintext": "h\u00e9llo", **KEY, "associated_data": "order 7"}
    one, two = client.encrypt_batch([text, {"plaintext": b"\xff", **KEY}])
    assert kkp.requests[-1].url.path == "/envelope/encrypt/batch"
    assert kkp.bodies[-1] == {"items": [text, {**KEY, "plaintext_base64": "_w"}]}
    token = client.issue_token(**GRANT).token
    items = [
        {"token": token, "envelope": one.envelope, "expected_audience": "orders", "context": {"a": 1}},
        {"token": token, "envelope": two.envelope, "encoding": "base64"},
    ]
    opened = client.decrypt_batch(items)
    assert all(isinstance(item, Decrypted) for item in opened)
    assert [item.plaintext for item in opened] == ["h\u00e9llo", b"\xff"]
    assert kkp.requests[-1].url.path == "/envelope/decrypt/batch"
    assert kkp.bodies[-1] == {"items": [{**items[0], "encoding": "utf8"}, items[1]]}


def test_rewraps_each_item(connect: Connect, kkp: FakeKkp) -> None:
    client = connect(kkp)
    envelope = client.encrypt("x", **KEY).envelope
    moved, failed = client.rewrap_batch(
        [{"envelope": envelope, "key_id": "other"}, {"envelope": ENVELOPE | {"nonce": "B" * 16}}]
    )
    assert kkp.requests[-1].url.path == "/envelope/rewrap/batch"
    assert moved.envelope["key_id"] == "other"
    assert isinstance(failed, EnvelopeError)


def test_makes_data_keys_each_as_long_as_asked_for(connect: Connect, kkp: FakeKkp) -> None:
    keys = connect(kkp).create_data_key_batch([KEY, {**KEY, "length": 64, "associated_data": "x"}])
    assert all(isinstance(key, DataKey) for key in keys)
    assert [len(key.plaintext) for key in keys] == [32, 64]
    assert kkp.requests[-1].url.path == "/datakey/batch"
    assert kkp.bodies[-1] == {"items": [{**KEY, "bytes": 32}, {**KEY, "bytes": 64, "associated_data": "x"}]}


def test_has_the_error_of_an_item_in_its_place(connect: Connect) -> None:
    opened, denied, busy, unknown = connect(
        answering({"results": [OPENED, DENIED, BUSY, {"status": 418, "body": problem(418, "teapot")}]})
    ).decrypt_batch([OPEN] * 4)
    assert opened.plaintext == "SECRET-TEXT"
    assert isinstance(denied, PolicyDenied)
    assert (denied.status, denied.instance, denied.retry_after) == (403, None, None)
    assert isinstance(busy, KmsError)
    assert busy.retry_after == 3
    assert type(unknown) is KkpApiError
    assert unknown.code == "teapot"


def test_takes_claims_nested_as_deep_as_a_token_may(connect: Connect) -> None:
    deepest: Any = {}
    for _ in range(30):
        deepest = {"a": deepest}
    body = {"plaintext": "x", "claims": {**CLAIMS, "policy_claims": deepest}}
    (opened,) = connect(answering({"results": [{"status": 200, "body": body}]})).decrypt_batch([OPEN])
    assert opened.claims.policy_claims == deepest


def test_is_refused_as_a_whole_by_the_server(connect: Connect) -> None:
    client = connect(lambda request: httpx.Response(400, json=problem(400, "invalid_request")))
    with pytest.raises(InvalidRequest):
        client.rewrap_batch([])


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ({**KEY}, TypeError),
        ({**KEY, "plaintext": "x", "colour": "red"}, TypeError),
        ({**KEY, "plaintext": 7}, TypeError),
        ({**KEY, "plaintext": "\ud800"}, ValueError),
    ],
)
def test_a_bad_item_is_refused_and_nothing_is_sent(
    connect: Connect, kkp: FakeKkp, item: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        connect(kkp).encrypt_batch([{**KEY, "plaintext": "x"}, item])
    assert kkp.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"results": {"0": OPENED}},
        {"results": []},
        {"results": [OPENED, OPENED]},
        {"results": [None]},
        {"results": [{"status": 200}]},
        {"results": [{"status": 200, "body": []}]},
        {"results": [{"body": OPENED["body"]}]},
        {"results": [{**OPENED, "status": "200"}]},
        {"results": [{**OPENED, "status": True}]},
        {"results": [{**OPENED, "status": 201}]},
        {"results": [{**DENIED, "status": 302}]},
        {"results": [{**DENIED, "status": 600}]},
        {"results": [{**DENIED, "status": 400.5}]},
        {"results": [{"status": 403, "body": {"message": "SECRET-TEXT"}}]},
        {"results": [{"status": 403, "body": {"error": "policy_denied"}}]},
        {"results": [{**BUSY, "retry_after_seconds": "3"}]},
        {"results": [{**BUSY, "retry_after_seconds": -1}]},
        {"results": [{"status": 200, "body": {"envelope": ENVELOPE}}]},
        {"results": [{"status": 200, "body": {"plaintext_base64": "AA", "claims": CLAIMS}}]},
        {"results": [{"status": 200, "body": {"plaintext": "SECRET-TEXT"}}]},
    ],
)
def test_an_answer_of_another_shape_is_refused_whole_and_shown_nowhere(
    connect: Connect, answer: dict[str, Any]
) -> None:
    with pytest.raises(KkpProtocolError) as caught:
        connect(answering(answer)).decrypt_batch([OPEN])
    assert "SECRET" not in str(caught.value)
