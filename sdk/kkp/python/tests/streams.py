"""The shared streams, and a stand-in for opening data keys."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

from kkp import DataKey, EnvelopeError

VECTORS = Path(__file__).parents[4] / "test" / "vectors" / "streams.json"

ENVELOPE: Any = {
    "backend": "aws",
    "key_id": "alias/orders",
    "ciphertext": "AAAA",
    "nonce": "BBBB",
    "encrypted_data_key": "CCCC",
}
KEY = bytes(range(32))

_vectors: dict[str, Any] = json.loads(VECTORS.read_text("utf-8")) if VECTORS.exists() else {}
ACCEPTS = [case for case in _vectors.get("cases", []) if case["verdict"] == "accept"]
REJECTS = [case for case in _vectors.get("cases", []) if case["verdict"] == "reject"]


def make_data_key(plaintext: bytes = KEY) -> DataKey:
    return DataKey(ENVELOPE, bytearray(plaintext))


def open_data_key(envelope: Any) -> bytes:
    assert envelope == ENVELOPE
    return KEY


def open_vector(envelope: Any) -> bytes:
    for known in _vectors["data_keys"]:
        if known["envelope"] == envelope:
            return bytes.fromhex(known["data_key"])
    raise EnvelopeError(400, "envelope_error", "No.")


async def open_vector_async(envelope: Any) -> bytes:
    return open_vector(envelope)


def envelope_of(case: dict[str, Any]) -> dict[str, str]:
    sealed = bytes.fromhex(case["sealed"])
    envelope: dict[str, str] = json.loads(sealed[10 : 10 + int.from_bytes(sealed[6:10], "big")])
    return envelope


def in_chunks(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def awaited(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
