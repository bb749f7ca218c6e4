"""Drives a running KKP server: `KKP_TEST_URL=http://127.0.0.1:8080 pytest -m roundtrip`.

The server is freshly started with the default configuration: the in-memory backend `aws`,
the built-in policy, and room for the two rotations made here, which KKP bounds (429 after the third).
Needs `node` and the built TypeScript SDK (`npx tsc -b`) for the stream that goes through it.
"""

import asyncio
import hashlib
import os
import subprocess
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

import kkp

pytestmark = pytest.mark.roundtrip

KEY: dict[str, Any] = {"backend": "aws", "key_id": "alias/roundtrip"}
GRANT: dict[str, Any] = {"subject": "python-sdk", "audience": "roundtrip", **KEY}
EVERY_BYTE = bytes(range(256))
TYPESCRIPT = Path(__file__).parents[2] / "ts" / "test" / "support" / "sealed-stream.mjs"
TEXT = "h\u00e9llo \u4e16\u754c \U0001f600 \0 end"


@pytest.fixture
def client(url: str) -> Iterator[kkp.Client]:
    with kkp.Client(url) as client:
        yield client


def test_a_token_verifies_offline(client: kkp.Client) -> None:
    issued = client.issue_token(
        **GRANT, ttl_seconds=120, policy_claims={"environment": "test", "n": [1, None]}
    )
    claims = kkp.verify_token(
        issued.token, client.fetch_jwks(), audience="roundtrip", max_lifetime_seconds=900
    )
    assert (claims.sub, claims.aud, claims.backend, claims.key_id) == tuple(
        GRANT[name] for name in ("subject", "audience", "backend", "key_id")
    )
    assert claims.policy_claims == {"environment": "test", "n": [1, None]}
    assert (claims.exp, claims.exp - claims.iat) == (issued.expires_at, 120)
    with pytest.raises(kkp.TokenVerificationError, match="another audience"):
        kkp.verify_token(issued.token, client.fetch_jwks(), audience="someone else")
    with pytest.raises(kkp.TokenVerificationError, match="expired"):
        kkp.verify_token(issued.token, client.fetch_jwks(), now=issued.expires_at)


@pytest.mark.parametrize("associated_data", [None, "", "order 7 \u00e9"])
def test_text_comes_back(client: kkp.Client, associated_data: str | None) -> None:
    envelope = client.encrypt(TEXT, **KEY, associated_data=associated_data).envelope
    assert envelope.get("associated_data") == associated_data
    opened = client.decrypt(client.issue_token(**GRANT).token, envelope, expected_audience="roundtrip")
    assert opened.plaintext == TEXT
    assert opened.claims.sub == "python-sdk"


@pytest.mark.parametrize("plaintext", [EVERY_BYTE, b"", *(bytes([value]) for value in (0, 127, 128, 255))])
def test_bytes_come_back(client: kkp.Client, plaintext: bytes) -> None:
    envelope = client.encrypt(plaintext, **KEY).envelope
    opened = client.decrypt(client.issue_token(**GRANT).token, envelope, encoding="base64")
    assert opened.plaintext == plaintext


def test_text_and_bytes_are_the_same_plaintext(client: kkp.Client) -> None:
    token = client.issue_token(**GRANT).token
    assert (
        client.decrypt(token, client.encrypt(TEXT, **KEY).envelope, encoding="base64").plaintext
        == TEXT.encode()
    )
    assert client.decrypt(token, client.encrypt(TEXT.encode(), **KEY).envelope).plaintext == TEXT


def test_bytes_that_are_not_text_are_refused_as_text(client: kkp.Client) -> None:
    envelope = client.encrypt(EVERY_BYTE, **KEY).envelope
    with pytest.raises(kkp.EnvelopeError, match="base64"):
        client.decrypt(client.issue_token(**GRANT).token, envelope)


def test_a_token_outlives_a_rotation(client: kkp.Client, url: str) -> None:
    issued = client.issue_token(**GRANT)
    envelope = client.encrypt(TEXT, **KEY).envelope
    rotated = client.rotate()
    jwks = client.fetch_jwks()
    assert {issued.kid, rotated.kid} <= {key["kid"] for key in jwks["keys"]}
    assert client.issue_token(**GRANT).kid == rotated.kid != issued.kid
    with kkp.RemoteJwks(f"{url}/keys/jwks") as keys:
        for verified_with in (jwks, keys):
            assert kkp.verify_token(issued.token, verified_with, audience="roundtrip").sub == "python-sdk"
    assert client.decrypt(issued.token, envelope).plaintext == TEXT


def test_the_policy_denies(client: kkp.Client) -> None:
    envelope = client.encrypt(TEXT, **KEY).envelope
    other_key = client.issue_token(**{**GRANT, "key_id": "alias/other"}).token
    prod = client.issue_token(**GRANT, policy_claims={"environment": "prod"}).token
    assert client.decrypt(prod, envelope, context={"environment": "prod"}).plaintext == TEXT
    denied: list[tuple[str, dict[str, Any]]] = [
        (other_key, {}),
        (prod, {}),
        (prod, {"context": {"environment": "test"}}),
        (prod, {"context": {"environment": "prod"}, "expected_audience": "someone else"}),
    ]
    for token, options in denied:
        with pytest.raises(kkp.PolicyDenied) as caught:
            client.decrypt(token, envelope, **options)
        assert (caught.value.status, caught.value.code) == (403, "policy_denied")


@pytest.mark.parametrize("member", ["ciphertext", "nonce", "encrypted_data_key", "associated_data"])
def test_a_changed_envelope_does_not_open(client: kkp.Client, member: str) -> None:
    token = client.issue_token(**GRANT).token
    envelope: dict[str, Any] = dict(client.encrypt(TEXT, **KEY, associated_data="order 7").envelope)
    first = envelope[member][0]
    envelope[member] = ("A" if first != "A" else "B") + envelope[member][1:]
    with pytest.raises(kkp.EnvelopeError) as caught:
        client.decrypt(token, envelope)
    assert caught.value.status == 400


def test_errors_are_typed(client: kkp.Client) -> None:
    envelope = client.encrypt(TEXT, **KEY).envelope
    with pytest.raises(kkp.InvalidToken):
        client.decrypt("not.a.token", envelope)
    with pytest.raises(kkp.InvalidRequest, match="900"):
        client.issue_token(**GRANT, ttl_seconds=901)
    with pytest.raises(kkp.KmsError):
        client.encrypt(TEXT, backend="nowhere", key_id="alias/roundtrip")


def test_an_envelope_moves(client: kkp.Client) -> None:
    token = client.issue_token(**GRANT).token
    envelope = client.encrypt(TEXT, **KEY, associated_data="order 7").envelope
    again = client.rewrap(envelope, token=token, expected_audience="roundtrip").envelope
    assert again["ciphertext"] == envelope["ciphertext"]
    assert again["encrypted_data_key"] != envelope["encrypted_data_key"]
    assert client.decrypt(token, again).plaintext == TEXT
    moved = client.rewrap(envelope, token=token, backend="azure", key_id="roundtrip").envelope
    assert (moved["backend"], moved["key_id"], moved["associated_data"]) == ("azure", "roundtrip", "order 7")
    with pytest.raises(kkp.PolicyDenied):
        client.decrypt(token, moved)
    other = client.issue_token(subject="s", audience="a", backend="azure", key_id="roundtrip").token
    assert client.decrypt(other, moved).plaintext == TEXT
    with pytest.raises(kkp.PolicyDenied):
        client.rewrap(envelope)
    with pytest.raises(kkp.EnvelopeError):
        client.rewrap({**envelope, "associated_data": "order 8"}, token=token)


def test_batches(client: kkp.Client) -> None:
    token = client.issue_token(**GRANT).token
    text, data, failed = client.encrypt_batch(
        [
            {"plaintext": TEXT, "backend": "aws", "key_id": "alias/roundtrip"},
            {"plaintext": EVERY_BYTE, "backend": "aws", "key_id": "alias/roundtrip"},
            {"plaintext": "", "backend": "none", "key_id": "k"},
        ]
    )
    assert isinstance(failed, kkp.KmsError)
    assert isinstance(text, kkp.Encrypted)
    assert isinstance(data, kkp.Encrypted)
    opened = client.decrypt_batch(
        [
            {"token": token, "envelope": text.envelope},
            {"token": token, "envelope": data.envelope, "encoding": "base64"},
            {"token": "a.b.c", "envelope": text.envelope},
        ]
    )
    assert [getattr(item, "plaintext", None) for item in opened] == [TEXT, EVERY_BYTE, None]
    assert isinstance(opened[2], kkp.InvalidToken)
    (moved,) = client.rewrap_batch([{"envelope": text.envelope, "token": token}])
    assert isinstance(moved, kkp.Encrypted)
    (key,) = client.create_data_key_batch([{"backend": "aws", "key_id": "alias/roundtrip", "length": 64}])
    assert isinstance(key, kkp.DataKey)
    assert len(key.plaintext) == 64
    with pytest.raises(kkp.InvalidRequest):
        client.encrypt_batch([])


def test_encryption_here(client: kkp.Client, tmp_path: Path) -> None:
    token = client.issue_token(**GRANT).token
    data_key = client.create_data_key(**KEY, associated_data="order 7")
    opener = client.data_key_opener(token, expected_audience="roundtrip")
    (tmp_path / "plain").write_bytes(EVERY_BYTE * 10_000)
    kkp.encrypt_file(data_key, tmp_path / "plain", tmp_path / "sealed", associated_data="file 1")

    def move(envelope: kkp.Envelope) -> kkp.Envelope:
        return client.rewrap(envelope, token=token).envelope

    with open(tmp_path / "sealed", "rb") as sealed:
        (tmp_path / "moved").write_bytes(b"".join(kkp.rewrap_stream(move, sealed)))
    for name in ("sealed", "moved"):
        kkp.decrypt_file(opener, tmp_path / name, tmp_path / "opened", associated_data="file 1")
        assert (tmp_path / "opened").read_bytes() == EVERY_BYTE * 10_000
    with pytest.raises(kkp.StreamError):
        kkp.decrypt_file(opener, tmp_path / "sealed", tmp_path / "never")
    wrapped = client.create_wrapped_data_key(**KEY, length=16).envelope
    assert len(client.decrypt(token, wrapped, encoding="base64").plaintext) == 16


def test_64_mib_go_to_typescript_and_back_in_bounded_memory(client: kkp.Client, url: str) -> None:
    token = client.issue_token(**GRANT).token
    data_key = client.create_data_key(**KEY)
    piece = os.urandom(256 * 1024)
    source = (piece for _ in range(256))
    command = ["node", str(TYPESCRIPT), url, token]
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as typescript:
        assert typescript.stdin is not None
        assert typescript.stdout is not None
        assert typescript.stderr is not None
        sealed = kkp.encrypt_stream(data_key, source, associated_data="from Python")
        writer = threading.Thread(target=_feed, args=(typescript.stdin, sealed))
        tracemalloc.start()
        writer.start()
        opener = client.data_key_opener(token)
        returned = kkp.decrypt_stream(opener, typescript.stdout, associated_data="from TypeScript")
        seen = hashlib.sha256()
        for part in returned:
            seen.update(part)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        writer.join()
        memory = int(typescript.stderr.read())
    assert seen.digest() == hashlib.sha256(piece * 256).digest()
    assert peak < 16 * 1024 * 1024
    # In KiB. Node takes some 105 MiB for 4 MiB and 130 for a GiB; holding these would add 64 at least.
    assert memory < 160 * 1024


def _feed(target: IO[bytes], pieces: Iterator[bytes]) -> None:
    with target:
        for piece in pieces:
            target.write(piece)


def test_all_calls_work_async(url: str) -> None:
    async def run() -> None:
        async with kkp.AsyncClient(url) as client, kkp.AsyncRemoteJwks(f"{url}/keys/jwks") as keys:
            issued, text, data = await asyncio.gather(
                client.issue_token(**GRANT),
                client.encrypt(TEXT, **KEY),
                client.encrypt(EVERY_BYTE, **KEY, associated_data="order 7"),
            )
            assert (await client.decrypt(issued.token, text.envelope)).plaintext == TEXT
            assert (
                await client.decrypt(issued.token, data.envelope, encoding="base64")
            ).plaintext == EVERY_BYTE
            assert issued.kid in {key["kid"] for key in (await client.fetch_jwks())["keys"]}
            rotated = await client.rotate()
            assert rotated.kid != issued.kid
            claims = await kkp.verify_token_async(issued.token, keys, audience="roundtrip")
            assert claims.sub == "python-sdk"
            moved = await client.rewrap(text.envelope, token=issued.token)
            assert (await client.decrypt(issued.token, moved.envelope)).plaintext == TEXT
            data_key = await client.create_data_key(**KEY)
            sealed = kkp.encrypt_bytes(data_key, TEXT)
            opener = client.data_key_opener(issued.token)
            assert (await kkp.decrypt_bytes_async(opener, sealed)).decode() == TEXT
            await client.create_wrapped_data_key(**KEY)
            batches = await asyncio.gather(
                client.encrypt_batch([{"plaintext": TEXT, "backend": "aws", "key_id": "alias/roundtrip"}]),
                client.decrypt_batch([{"token": issued.token, "envelope": text.envelope}]),
                client.rewrap_batch([{"token": issued.token, "envelope": text.envelope}]),
                client.create_data_key_batch([{"backend": "aws", "key_id": "alias/roundtrip"}]),
            )
            assert [type(result) for (result,) in batches] == [
                kkp.Encrypted,
                kkp.Decrypted,
                kkp.Encrypted,
                kkp.DataKey,
            ]
            with pytest.raises(kkp.PolicyDenied):
                await client.decrypt(issued.token, text.envelope, expected_audience="someone else")
            with pytest.raises(kkp.EnvelopeError):
                await client.decrypt(issued.token, {**data.envelope, "associated_data": "order 8"})

    asyncio.run(run())
