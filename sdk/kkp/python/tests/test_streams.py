import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from fake_kkp import FakeKkp
from streams import ENVELOPE, KEY, awaited, in_chunks, make_data_key, open_data_key

from kkp import (
    DataKey,
    EnvelopeError,
    StreamError,
    decrypt_bytes,
    decrypt_bytes_async,
    decrypt_stream,
    decrypt_stream_async,
    encrypt_bytes,
    encrypt_stream,
    encrypt_stream_async,
    rewrap_stream,
    rewrap_stream_async,
)
from kkp._stream_cipher import SegmentCipher
from kkp._stream_format import StreamHeader

PLAINTEXT = bytes(range(200))
MOVED: Any = {**ENVELOPE, "backend": "vault", "encrypted_data_key": "longer than before"}


def seal(plaintext: bytes = PLAINTEXT) -> bytes:
    return b"".join(encrypt_stream(make_data_key(), [plaintext], segment_size=64))


@pytest.mark.parametrize(
    "length", [0, 1, 2**20 - 57, 2**20 - 56, 2**20 - 55, 2**21 - 72, 2**21 - 71, 3_000_000]
)
def test_bytes_come_back(length: int) -> None:
    plaintext = bytes([7]) * length
    assert decrypt_bytes(open_data_key, encrypt_bytes(make_data_key(), plaintext)) == plaintext


def test_text_is_encrypted_as_utf8_and_associated_data_may_be_text_or_bytes() -> None:
    sealed = encrypt_bytes(make_data_key(), "gr\u00fc\u00dfe", associated_data="\u00fc")
    opened = decrypt_bytes(open_data_key, sealed, associated_data="\u00fc".encode())
    assert opened.decode() == "gr\u00fc\u00dfe"
    with pytest.raises(StreamError, match="other associated data"):
        decrypt_bytes(open_data_key, sealed)


@pytest.mark.parametrize("size", [1, 3, 48, 64, 199])
def test_files_and_chunks_are_read_alike(size: int) -> None:
    sealed = b"".join(encrypt_stream(make_data_key(), in_chunks(PLAINTEXT, size), segment_size=128))
    assert b"".join(decrypt_stream(open_data_key, in_chunks(sealed, size))) == PLAINTEXT
    from_file = b"".join(encrypt_stream(make_data_key(), io.BytesIO(PLAINTEXT), segment_size=128))
    assert len(from_file) == len(sealed)
    assert b"".join(decrypt_stream(open_data_key, io.BytesIO(from_file))) == PLAINTEXT


def test_chunks_may_be_any_kind_of_bytes() -> None:
    chunks: Any = [bytearray(b"ab"), memoryview(b"cd"), memoryview(b"efgh").cast("H"), b""]
    assert decrypt_bytes(open_data_key, b"".join(encrypt_stream(make_data_key(), chunks))) == b"abcdefgh"


@pytest.mark.parametrize(
    "source", ["text", ["text"], b"bytes", [1, 2], [None], io.StringIO("text"), io.StringIO(""), 7]
)
def test_what_is_no_stream_of_bytes_is_refused(source: Any) -> None:
    uses: list[Callable[[], object]] = [
        lambda: list(encrypt_stream(make_data_key(), source)),
        lambda: list(decrypt_stream(open_data_key, source)),
        lambda: list(rewrap_stream(lambda envelope: envelope, source)),
    ]
    for use in uses:
        with pytest.raises(TypeError):
            use()


def test_a_file_that_would_block_is_not_taken_for_its_end() -> None:
    class Blocking(io.RawIOBase):
        def readinto(self, buffer: Any) -> None:
            return

    with pytest.raises(TypeError):
        list(encrypt_stream(make_data_key(), Blocking()))


@pytest.mark.parametrize("segment_size", [0, 1, 32, 63, 65, 100, 2**21, -64, 64.5, None])
def test_other_segment_sizes_are_refused(segment_size: Any) -> None:
    with pytest.raises(ValueError, match="power of two"):
        encrypt_stream(make_data_key(), [], segment_size=segment_size)


@pytest.mark.parametrize(
    ("data_key", "error"),
    [
        (make_data_key(bytes(16)), ValueError),
        (make_data_key(b"k" * 33), ValueError),
        (make_data_key(bytes(32)), ValueError),
        (KEY, TypeError),
    ],
)
def test_other_data_keys_are_refused(data_key: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        encrypt_stream(data_key, [])


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": 7},
        {"nonce": None},
        {"later": "x"},
        {7: "x"},
        {"associated_data": "\ud800"},
        {"associated_data": "x" * 65_536},
    ],
)
def test_other_envelopes_are_refused(change: Any) -> None:
    envelope: Any = {**ENVELOPE, **change}
    with pytest.raises(ValueError, match="the envelope must be one of KKP"):
        encrypt_stream(DataKey(envelope, bytearray(KEY)), [])


@pytest.mark.parametrize("associated_data", [7, None, [1], "\ud800"])
def test_other_associated_data_is_refused(associated_data: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encrypt_stream(make_data_key(), [], associated_data=associated_data)
    with pytest.raises((TypeError, ValueError)):
        decrypt_stream(open_data_key, [], associated_data=associated_data)


def test_the_data_key_is_read_at_once_and_left_as_it_is() -> None:
    data_key = make_data_key()
    pieces = encrypt_stream(data_key, [PLAINTEXT])
    assert data_key.plaintext == KEY
    data_key.erase()
    assert decrypt_bytes(open_data_key, b"".join(pieces)) == PLAINTEXT


def test_the_same_message_is_sealed_differently_each_time() -> None:
    data_key = make_data_key()
    one, two = encrypt_bytes(data_key, b"x"), encrypt_bytes(data_key, b"x")
    start = len(one) - 17 - 39
    assert one[:start] == two[:start]
    assert one[start : start + 32] != two[start : start + 32]
    assert one[start + 32 : start + 39] != two[start + 32 : start + 39]


def test_the_opened_data_key_is_asked_for_once_and_overwritten() -> None:
    asked, key = [], bytearray(KEY)

    def open_once(envelope: Any) -> bytearray:
        asked.append(envelope)
        return key

    assert b"".join(decrypt_stream(open_once, in_chunks(seal(), 10))) == PLAINTEXT
    assert asked == [ENVELOPE]
    assert key == bytes(32)


def test_bytes_that_are_no_data_key_are_overwritten_too() -> None:
    key = bytearray(b"k" * 31)
    with pytest.raises(StreamError) as caught:
        decrypt_bytes(lambda envelope: key, seal())
    assert caught.value.reason == "bad_header"
    assert key == bytes(31)


def test_each_segment_comes_as_soon_as_it_is_known_not_to_be_the_last() -> None:
    taken = 0

    def source() -> Iterator[bytes]:
        nonlocal taken
        for byte in in_chunks(PLAINTEXT, 1):
            taken += 1
            yield byte

    pieces = encrypt_stream(make_data_key(), source(), segment_size=64)
    next(pieces)
    assert (len(next(pieces)), taken) == (8 + 16, 8 + 1)
    assert (len(next(pieces)), taken) == (64, 8 + 48 + 1)


def test_nothing_of_a_segment_comes_before_all_of_it_and_a_byte_more() -> None:
    sealed, taken = seal(), 0
    segments_start = len(sealed) - (24 + 64 * 4)

    def source() -> Iterator[bytes]:
        nonlocal taken
        for byte in in_chunks(sealed, 1):
            taken += 1
            yield byte

    pieces = decrypt_stream(open_data_key, source())
    assert (next(pieces), taken) == (PLAINTEXT[:8], segments_start + 24 + 1)
    assert (next(pieces), taken) == (PLAINTEXT[8:56], segments_start + 24 + 64 + 1)


def test_a_verified_beginning_comes_and_then_the_error() -> None:
    sealed = bytearray(seal())
    sealed[-1] ^= 1
    pieces: list[bytes] = []
    with pytest.raises(StreamError) as caught:
        pieces.extend(decrypt_stream(open_data_key, [bytes(sealed)]))
    assert caught.value.reason == "not_authentic"
    assert b"".join(pieces) == PLAINTEXT[: 8 + 3 * 48]
    assert caught.value.__cause__ is None


def test_errors_of_the_source_and_of_opening_go_through() -> None:
    def source() -> Iterator[bytes]:
        yield seal()[:-20]
        raise OSError("connection lost")

    def refuse(envelope: Any) -> bytes:
        raise EnvelopeError(400, "envelope_error", "No.")

    with pytest.raises(OSError, match="connection lost"):
        list(decrypt_stream(open_data_key, source()))
    with pytest.raises(EnvelopeError):
        list(decrypt_stream(refuse, [seal()]))


def test_an_encryption_that_fails_half_way_does_not_open() -> None:
    def source() -> Iterator[bytes]:
        yield PLAINTEXT
        raise OSError("disk gone")

    pieces: list[bytes] = []
    with pytest.raises(OSError, match="disk gone"):
        pieces.extend(encrypt_stream(make_data_key(), source(), segment_size=64))
    with pytest.raises(StreamError):
        decrypt_bytes(open_data_key, b"".join(pieces))


def test_no_data_key_is_asked_for_when_the_header_is_bad() -> None:
    def never(envelope: Any) -> bytes:
        raise AssertionError

    sealed = seal()
    with pytest.raises(StreamError) as caught:
        decrypt_bytes(never, sealed[:12] + b"\0" + sealed[13:])
    assert caught.value.reason == "bad_header"


@pytest.mark.parametrize("length", [0, 65_537, 2**32 - 1])
def test_an_envelope_too_long_is_refused_before_more_is_read(length: int) -> None:
    def source() -> Iterator[bytes]:
        yield b"KKPS\1\x14" + length.to_bytes(4, "big")
        raise AssertionError("it read on")

    with pytest.raises(StreamError) as caught:
        list(decrypt_stream(open_data_key, source()))
    assert caught.value.reason == "bad_header"


def test_2_to_the_32_segments_and_no_more() -> None:
    header = StreamHeader(make_data_key().envelope, 6, bytes(32), b"prefix7")
    sealer = SegmentCipher(KEY, header, b"", first_index=2**32 - 1)
    segment = sealer.seal(bytearray(b"x"), is_last=True)
    opener = SegmentCipher(KEY, header, b"", first_index=2**32 - 1)
    assert opener.open(bytearray(segment), is_last=True) == b"x"
    with pytest.raises(OverflowError, match="segments"):
        sealer.seal(bytearray(b"x"), is_last=True)
    with pytest.raises(StreamError):
        opener.open(bytearray(segment), is_last=True)


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_rewrap_puts_another_envelope_before_the_same_segments(size: int) -> None:
    sealed, asked = seal(), []

    def move(envelope: Any) -> Any:
        asked.append(envelope)
        return MOVED

    def open_moved(envelope: Any) -> bytes:
        assert envelope == MOVED
        return KEY

    moved = b"".join(rewrap_stream(move, in_chunks(sealed, size)))
    assert asked == [ENVELOPE]
    body = 40 + 24 + 64 * 4
    assert moved[-body:] == sealed[-body:]
    assert decrypt_bytes(open_moved, moved) == PLAINTEXT


@pytest.mark.parametrize(
    ("sealed", "reason"),
    [(b"", "bad_header"), (seal()[:100], "bad_header"), (b"KKPS\2" + seal()[5:], "unsupported_version")],
)
def test_rewrap_refuses_a_bad_header(sealed: bytes, reason: str) -> None:
    with pytest.raises(StreamError) as caught:
        list(rewrap_stream(lambda envelope: envelope, [sealed]))
    assert caught.value.reason == reason


def test_rewrap_refuses_to_write_what_is_no_envelope() -> None:
    with pytest.raises(ValueError, match="envelope"):
        list(rewrap_stream(lambda envelope: {}, [seal()]))  # type: ignore[typeddict-item]


def test_the_payload_never_travels(connect: Callable[..., Any], kkp: FakeKkp) -> None:
    client = connect(kkp)
    data_key = client.create_data_key(backend="aws", key_id="alias/orders")
    sealed = encrypt_bytes(data_key, b"card 4242")
    token = client.issue_token(subject="s", audience="a", backend="aws", key_id="alias/orders").token

    def open_key(envelope: Any) -> bytes:
        opened: bytes = client.decrypt(token, envelope, encoding="base64").plaintext
        return opened

    assert decrypt_bytes(open_key, sealed) == b"card 4242"
    assert all(b"4242" not in request.content for request in kkp.requests)


def test_rewrap_async() -> None:
    async def move(envelope: Any) -> Any:
        assert envelope == ENVELOPE
        return MOVED

    async def run(sealed: bytes) -> bytes:
        pieces = rewrap_stream_async(move, awaited(in_chunks(sealed, 10)))
        return b"".join([piece async for piece in pieces])

    sealed = seal()
    assert asyncio.run(run(sealed)) == b"".join(rewrap_stream(lambda envelope: MOVED, [sealed]))
    with pytest.raises(StreamError):
        asyncio.run(run(sealed[:100]))


def test_streams_async() -> None:
    async def open_async(envelope: Any) -> bytes:
        return open_data_key(envelope)

    async def broken() -> AsyncIterator[bytes]:
        yield PLAINTEXT
        raise OSError("disk gone")

    async def run() -> None:
        source = awaited(in_chunks(PLAINTEXT, 7))
        pieces = encrypt_stream_async(make_data_key(), source, associated_data="a", segment_size=64)
        sealed = b"".join([piece async for piece in pieces])
        assert await decrypt_bytes_async(open_async, sealed, associated_data="a") == PLAINTEXT
        assert decrypt_bytes(open_data_key, sealed, associated_data="a") == PLAINTEXT
        with pytest.raises(StreamError):
            await decrypt_bytes_async(open_async, sealed)
        with pytest.raises(StreamError):
            await decrypt_bytes_async(open_async, sealed[:-1], associated_data="a")
        with pytest.raises(StreamError):
            await decrypt_bytes_async(open_async, b"")
        with pytest.raises(OSError, match="disk gone"):
            [piece async for piece in encrypt_stream_async(make_data_key(), broken())]
        with pytest.raises(TypeError):
            decrypt_stream_async(open_async, awaited([]), associated_data=7)  # type: ignore[arg-type]

    asyncio.run(run())
