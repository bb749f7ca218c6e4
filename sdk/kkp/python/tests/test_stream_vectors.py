"""The verdicts on test/vectors/streams.json, which both SDKs share, and Tink's on the streams in it."""

import asyncio
import io
from typing import Any

import pytest
from streams import (
    ACCEPTS,
    REJECTS,
    VECTORS,
    awaited,
    envelope_of,
    in_chunks,
    open_vector,
    open_vector_async,
)

from kkp import DataKey, EnvelopeError, StreamError, decrypt_stream, decrypt_stream_async
from kkp._stream_sides import Encryptor

SIZES = [1, 7, 64, 1_000_000]


def opened(case: dict[str, Any], size: int) -> list[bytes]:
    sealed, associated_data = bytes.fromhex(case["sealed"]), bytes.fromhex(case["associated_data"])
    source = in_chunks(sealed, size)
    return list(decrypt_stream(open_vector, source, associated_data=associated_data))


def test_the_shared_streams_are_there() -> None:
    assert VECTORS.exists(), f"{VECTORS} is missing"
    assert len(ACCEPTS) >= 25
    assert len(REJECTS) >= 100


@pytest.mark.parametrize("case", ACCEPTS, ids=lambda case: case["name"])
def test_opens(case: dict[str, Any]) -> None:
    for size in SIZES:
        assert b"".join(opened(case, size)).hex() == case["plaintext"]


@pytest.mark.parametrize("case", ACCEPTS, ids=lambda case: case["name"])
def test_opens_async_and_from_a_file(case: dict[str, Any]) -> None:
    sealed, associated_data = bytes.fromhex(case["sealed"]), bytes.fromhex(case["associated_data"])

    async def run() -> bytes:
        source = awaited(in_chunks(sealed, 50))
        pieces = decrypt_stream_async(open_vector_async, source, associated_data=associated_data)
        return b"".join([piece async for piece in pieces])

    from_file = decrypt_stream(open_vector, io.BytesIO(sealed), associated_data=associated_data)
    assert asyncio.run(run()).hex() == b"".join(from_file).hex() == case["plaintext"]


@pytest.mark.parametrize("case", ACCEPTS, ids=lambda case: case["name"])
def test_writes_the_same_bytes_with_the_same_randomness(case: dict[str, Any]) -> None:
    envelope = dict(reversed(envelope_of(case).items()))
    data_key = DataKey(envelope, bytearray.fromhex(case["data_key"]))  # type: ignore[arg-type]
    random = {32: bytes.fromhex(case["salt"]), 7: bytes.fromhex(case["prefix"])}
    for size in SIZES:
        encryptor = Encryptor(
            data_key, bytes.fromhex(case["associated_data"]), case["segment_size"], random.__getitem__
        )
        pieces = [encryptor.header]
        for chunk in in_chunks(bytes.fromhex(case["plaintext"]), size):
            pieces += encryptor.push(chunk)
        assert b"".join([*pieces, encryptor.finish()]).hex() == case["sealed"]


@pytest.mark.parametrize("case", REJECTS, ids=lambda case: case["name"])
def test_does_not_open(case: dict[str, Any]) -> None:
    for size in SIZES:
        with pytest.raises((StreamError, EnvelopeError)) as caught:
            opened(case, size)
        assert getattr(caught.value, "reason", "envelope_refused") == case["reason"]


@pytest.mark.parametrize("case", REJECTS, ids=lambda case: case["name"])
def test_does_not_open_async_and_gives_out_nothing_but_a_beginning(case: dict[str, Any]) -> None:
    plaintexts = [good["plaintext"] for good in ACCEPTS if good["associated_data"] == case["associated_data"]]
    pieces: list[bytes] = []

    async def run() -> None:
        source = awaited(in_chunks(bytes.fromhex(case["sealed"]), 64))
        associated_data = bytes.fromhex(case["associated_data"])
        async for piece in decrypt_stream_async(open_vector_async, source, associated_data=associated_data):
            pieces.append(piece)

    with pytest.raises((StreamError, EnvelopeError)) as caught:
        asyncio.run(run())
    assert getattr(caught.value, "reason", "envelope_refused") == case["reason"]
    output = b"".join(pieces).hex()
    assert output == "" or any(plaintext.startswith(output) for plaintext in plaintexts)
