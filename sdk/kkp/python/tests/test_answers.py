import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tokens import CLAIMS, b64, jwks

from kkp import KkpProtocolError, KkpTimeoutError, _http

Connect = Callable[..., Any]
KEY = {"backend": "aws", "key_id": "alias/orders"}
ENVELOPE = {
    **KEY,
    "ciphertext": b64(bytes(16)),
    "nonce": b64(bytes(12)),
    "encrypted_data_key": b64(b"\1"),
    "associated_data": "order 7",
}
GOOD: dict[str, dict[str, Any]] = {
    "issue_token": {"token": "a.b.c", "expires_at": 1_700_000_300, "kid": "key-1"},
    "encrypt": {"envelope": ENVELOPE},
    "decrypt": {"plaintext": "x", "claims": CLAIMS},
    "decrypt_bytes": {"plaintext_base64": b64(b"x"), "claims": CLAIMS},
    "fetch_jwks": jwks(),
    "rotate": {"kid": "key-2", "expires_at": 1_700_001_800},
}


def call(connect: Connect, name: str, content: bytes, **response: Any) -> Any:
    status = 201 if name == "rotate" else 200
    client = connect(lambda request: httpx.Response(status, content=content, **response))
    calls: dict[str, Callable[[], Any]] = {
        "issue_token": lambda: client.issue_token(subject="s", audience="a", **KEY),
        "encrypt": lambda: client.encrypt("x", **KEY),
        "decrypt": lambda: client.decrypt("a.b.c", ENVELOPE),
        "decrypt_bytes": lambda: client.decrypt("a.b.c", ENVELOPE, encoding="base64"),
        "fetch_jwks": client.fetch_jwks,
        "rotate": client.rotate,
    }
    return calls[name]()


def changed(name: str, path: str, value: object) -> bytes:
    """The good answer as JSON, with the member at path set to value, or left out for `...`."""
    answer = json.loads(json.dumps(GOOD[name]))
    *parents, last = path.split(".")
    place = answer
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(answer).encode()


@pytest.mark.parametrize("name", GOOD)
def test_takes_a_good_answer_and_one_with_members_of_a_later_version(connect: Connect, name: str) -> None:
    call(connect, name, json.dumps(GOOD[name]).encode())
    call(connect, name, changed(name, "later", {"new": 1}))


def test_keeps_unknown_members_of_an_envelope(connect: Connect) -> None:
    encrypted = call(connect, "encrypt", changed("encrypt", "envelope.version", 2))
    assert encrypted.envelope == {**ENVELOPE, "version": 2}


def test_keeps_claims_beyond_kkps_own(connect: Connect) -> None:
    opened = call(connect, "decrypt", changed("decrypt", "claims.iss", "https://kkp.example"))
    assert opened.claims.extra == {"iss": "https://kkp.example"}


def test_takes_claims_nested_as_deep_as_a_token_may(connect: Connect) -> None:
    deepest = json.loads("[" * 30 + "]" * 30)
    opened = call(connect, "decrypt", changed("decrypt", "claims.policy_claims", {"a": deepest}))
    assert opened.claims.policy_claims == {"a": deepest}


@pytest.mark.parametrize(
    ("name", "path", "values"),
    [
        ("issue_token", "token", [..., None, "", 5]),
        ("issue_token", "expires_at", [..., None, "1700000300", True, -1, 1.5]),
        ("issue_token", "kid", [..., None, "", 5]),
        ("encrypt", "envelope", [..., None, "x", []]),
        ("encrypt", "envelope.backend", [..., None, "", 5]),
        ("encrypt", "envelope.key_id", [..., None, "", 5]),
        (
            "encrypt",
            "envelope.ciphertext",
            [..., None, "", 5, b64(bytes(15)), b64(bytes(16)) + "==", "AB+/" * 8],
        ),
        ("encrypt", "envelope.nonce", [..., None, "", 5, b64(bytes(11)), b64(bytes(13)), "A" * 15 + "="]),
        ("encrypt", "envelope.encrypted_data_key", [..., None, "", 5, "A", "AB"]),
        ("encrypt", "envelope.associated_data", [None, 5, {}]),
        ("decrypt", "plaintext", [..., None, 5, ["x"]]),
        ("decrypt_bytes", "plaintext_base64", [..., None, 5, "AA==", "A", "AB"]),
        ("decrypt", "claims", [..., None, [], "x", {}]),
        ("decrypt", "claims.sub", [..., "", 5]),
        ("decrypt", "claims.exp", [..., "1", True]),
        ("decrypt", "claims.policy_claims", [..., None, []]),
        ("decrypt", "claims.jti", [..., "x"]),
        ("decrypt_bytes", "claims.aud", [..., ["orders"]]),
        ("fetch_jwks", "keys", [..., None, {}, [1]]),
        ("fetch_jwks", "keys.0.x", [..., b64(bytes(32)), "AA"]),
        ("fetch_jwks", "keys.0.kid", [..., "", 5]),
        ("rotate", "kid", [..., None, ""]),
        ("rotate", "expires_at", [..., None, "soon"]),
    ],
)
def test_refuses_a_member_that_is_missing_or_of_another_form(
    connect: Connect, name: str, path: str, values: list[object]
) -> None:
    for value in values:
        with pytest.raises(KkpProtocolError):
            call(connect, name, changed(name, path, value))


def test_does_not_take_text_for_bytes_nor_bytes_for_text(connect: Connect) -> None:
    with pytest.raises(KkpProtocolError, match="plaintext_base64"):
        call(connect, "decrypt_bytes", json.dumps(GOOD["decrypt"]).encode())
    with pytest.raises(KkpProtocolError, match="plaintext"):
        call(connect, "decrypt", json.dumps(GOOD["decrypt_bytes"]).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff",
        b'{"kid":"a","kid":"b","expires_at":1}',
        b'{"a":' + b"[" * 33 + b"]" * 33 + b"}",
    ],
)
@pytest.mark.parametrize("name", GOOD)
def test_refuses_a_body_that_is_not_strict_json(connect: Connect, name: str, content: bytes) -> None:
    with pytest.raises(KkpProtocolError, match="cannot be read"):
        call(connect, name, content)


def test_refuses_a_compressed_answer(connect: Connect) -> None:
    with pytest.raises(KkpProtocolError, match="compressed"):
        call(connect, "rotate", b"", headers={"Content-Encoding": "br"})


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces; counts those that were taken."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks
        self.taken = 0
        self.closed = False

    def __iter__(self) -> Any:
        for chunk in self._chunks:
            self.taken += 1
            yield chunk

    async def __aiter__(self) -> Any:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def test_reads_an_answer_in_pieces(connect: Connect) -> None:
    body = Chunks(b'{"kid":"key-2",', b'"expires_at":5}')
    assert connect(lambda request: httpx.Response(201, stream=body)).rotate().kid == "key-2"
    assert body.closed


def test_stops_reading_an_answer_that_is_too_long(connect: Connect) -> None:
    megabyte = bytes(1024 * 1024)
    body = Chunks(*[megabyte] * 40)
    with pytest.raises(KkpProtocolError, match="too long"):
        connect(lambda request: httpx.Response(201, stream=body)).rotate()
    assert (body.taken, body.closed) == (17, True)


def test_stops_reading_an_answer_that_drips(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 1000, 4))
    monkeypatch.setattr(_http, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    body = Chunks(*[b" "] * 40)
    with pytest.raises(KkpTimeoutError, match="in time"):
        connect(lambda request: httpx.Response(201, stream=body)).rotate(timeout=10)
    assert (body.taken, body.closed) == (3, True)
