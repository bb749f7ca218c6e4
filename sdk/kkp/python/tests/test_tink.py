"""Google's Tink opens what the SDK writes, and the SDK opens what Tink writes.

Tink knows the part behind the envelope: AES-GCM-HKDF streaming. The SDK's container stands before it.
"""

import base64
import hashlib
import io
import json
from typing import Any

import pytest
import tink
from streams import ACCEPTS, KEY, REJECTS, envelope_of, make_data_key, open_data_key, open_vector
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2

from kkp import Envelope, StreamError, decrypt_bytes, encrypt_stream
from kkp._stream_format import StreamHeader

streaming_aead.register()

STREAM_HEADER = 40


def tink_stream(key: bytes, segment_size: int) -> Any:
    """Tink's own streaming AEAD, with the parameters that FORMAT.md names."""
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=segment_size, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    value = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(params=parameters, key_value=key)
    key_data = {
        "typeUrl": "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        "value": base64.b64encode(value.SerializeToString()).decode(),
        "keyMaterialType": "SYMMETRIC",
    }
    entry = {"keyData": key_data, "status": "ENABLED", "keyId": 1, "outputPrefixType": "RAW"}
    text = json.dumps({"primaryKeyId": 1, "key": [entry]})
    handle = tink.json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


def tink_associated_data(exponent: int, associated_data: bytes) -> bytes:
    return b"KKPS" + bytes([1, exponent]) + hashlib.sha256(associated_data).digest()


def split(sealed: bytes) -> tuple[bytes, bytes]:
    """What is KKP's, and what is Tink's."""
    end = 10 + int.from_bytes(sealed[6:10], "big")
    return sealed[:end], sealed[end:]


def tink_opens(key: bytes, sealed: bytes, associated_data: bytes = b"") -> bytes:
    container, stream = split(sealed)
    bound = tink_associated_data(container[5], associated_data)
    primitive = tink_stream(key, 2 ** container[5])
    with primitive.new_decrypting_stream(io.BytesIO(stream), bound) as file:
        data = file.read()
    assert isinstance(data, bytes)
    return data


def tink_seals(key: bytes, plaintext: bytes, exponent: int, associated_data: bytes, envelope: Any) -> bytes:
    target = io.BytesIO()
    target.close = lambda: None  # type: ignore[method-assign]
    primitive = tink_stream(key, 2**exponent)
    bound = tink_associated_data(exponent, associated_data)
    with primitive.new_encrypting_stream(target, bound) as file:
        file.write(plaintext)
    container, _ = split(StreamHeader(envelope, exponent, bytes(32), bytes(7)).to_bytes())
    return container + target.getvalue()


@pytest.mark.parametrize("case", ACCEPTS, ids=lambda case: case["name"])
def test_tink_opens_the_shared_streams(case: dict[str, Any]) -> None:
    associated_data = bytes.fromhex(case["associated_data"])
    plaintext = tink_opens(bytes.fromhex(case["data_key"]), bytes.fromhex(case["sealed"]), associated_data)
    assert plaintext.hex() == case["plaintext"]


@pytest.mark.parametrize("case", ACCEPTS, ids=lambda case: case["name"])
def test_the_sdk_opens_what_tink_writes(case: dict[str, Any]) -> None:
    key, associated_data = bytes.fromhex(case["data_key"]), bytes.fromhex(case["associated_data"])
    plaintext = bytes.fromhex(case["plaintext"])
    exponent = case["segment_size"].bit_length() - 1
    sealed = tink_seals(key, plaintext, exponent, associated_data, envelope_of(case))
    assert len(sealed) == len(case["sealed"]) // 2
    assert decrypt_bytes(open_vector, sealed, associated_data=associated_data) == plaintext


@pytest.mark.parametrize("length", [2**20 - 57, 2**20 - 56, 2**20 - 55, 3_000_000])
def test_segments_of_1_mib_go_both_ways(length: int) -> None:
    plaintext = bytes(range(256)) * (length // 256) + bytes(length % 256)
    sealed = b"".join(encrypt_stream(make_data_key(), [plaintext], associated_data="order 7"))
    assert tink_opens(KEY, sealed, b"order 7") == plaintext
    envelope: Envelope = make_data_key().envelope
    from_tink = tink_seals(KEY, plaintext, 20, b"order 7", envelope)
    assert decrypt_bytes(open_data_key, from_tink, associated_data="order 7") == plaintext


# What Tink takes and FORMAT.md does not. tink-py stops at the first segment that opens as the last one, and
# takes one without bytes: the plaintext is genuine, but has more forms than one. Only who holds the key can
# make the first three; anyone can add to a full last segment.
STRICTER_THAN_TINK = {
    "an empty last segment behind a full one": 8 + 48 + 48,
    "a segment marked as the last before the last": 8 + 48 + 48,
    "a segment behind the one marked as the last": 8 + 48 + 48 + 48,
    "a byte behind a full last segment": 104,
    "a segment of zeros behind a full last segment": 104,
    "a last segment of another stream behind a full last segment": 104,
}


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in REJECTS
        if case["reason"] == "not_authentic" and case["name"] not in STRICTER_THAN_TINK
    ],
    ids=lambda case: case["name"],
)
def test_tink_refuses_what_the_sdk_refuses(case: dict[str, Any]) -> None:
    key = open_vector(envelope_of(case))
    sealed, associated_data = bytes.fromhex(case["sealed"]), bytes.fromhex(case["associated_data"])
    with pytest.raises((tink.TinkError, OSError, ValueError)):
        tink_opens(key, sealed, associated_data)


@pytest.mark.parametrize("name", STRICTER_THAN_TINK)
def test_the_sdk_refuses_what_tink_takes(name: str) -> None:
    (case,) = (case for case in REJECTS if case["name"] == name)
    sealed = bytes.fromhex(case["sealed"])
    assert len(tink_opens(open_vector(envelope_of(case)), sealed)) == STRICTER_THAN_TINK[name]
    with pytest.raises(StreamError):
        decrypt_bytes(open_vector, sealed)
