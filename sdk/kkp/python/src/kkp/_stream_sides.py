"""The two sides of a sealed stream, fed chunk by chunk: what sync and async have in common. No I/O."""

from collections.abc import Callable, Iterator

from ._errors import StreamError
from ._stream_cipher import DATA_KEY_LENGTHS, SegmentCipher, Segmenter
from ._stream_format import (
    MAX_EXPONENT,
    MIN_EXPONENT,
    PREFIX_BYTES,
    SALT_BYTES,
    STREAM_HEADER_BYTES,
    TAG_BYTES,
    StreamHeader,
)
from ._types import DataKey

DEFAULT_SEGMENT_SIZE = 2**MAX_EXPONENT

Chunk = bytes | bytearray | memoryview
"""A piece of a stream."""


class Encryptor:
    """`header` goes first, then what `push` yields, then what `finish` returns."""

    def __init__(
        self,
        data_key: DataKey,
        associated_data: str | bytes,
        segment_size: int,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        _check_data_key(data_key)
        salt, prefix = random_bytes(SALT_BYTES), random_bytes(PREFIX_BYTES)
        header = StreamHeader(data_key.envelope, _exponent_of(segment_size), salt, prefix)
        self.header = header.to_bytes()
        self._cipher = SegmentCipher(data_key.plaintext, header, to_bytes(associated_data))
        self._segments = Segmenter(segment_size - STREAM_HEADER_BYTES - TAG_BYTES, segment_size - TAG_BYTES)

    def push(self, chunk: Chunk) -> Iterator[bytes]:
        for segment in self._segments.push(view_of(chunk)):
            yield self._cipher.seal(segment, is_last=False)

    def finish(self) -> bytes:
        return self._cipher.seal(self._segments.last(), is_last=True)


class Decryptor:
    """Everything behind the header. `data_key` is used here alone, and overwritten as far as it can be."""

    def __init__(self, header: StreamHeader, data_key: bytes | bytearray, associated_data: bytes) -> None:
        key = bytearray(data_key)
        try:
            if len(key) not in DATA_KEY_LENGTHS:
                raise StreamError("bad_header")
            self._cipher = SegmentCipher(key, header, associated_data)
        finally:
            key[:] = bytes(len(key))
            if isinstance(data_key, bytearray):
                data_key[:] = bytes(len(data_key))
        size = 2**header.exponent
        self._segments = Segmenter(size - STREAM_HEADER_BYTES, size)

    def push(self, rest: memoryview) -> Iterator[bytes]:
        for segment in self._segments.push(rest):
            yield self._cipher.open(segment, is_last=False)

    def finish(self) -> bytes:
        return self._cipher.open(self._segments.last(), is_last=True)


def view_of(chunk: Chunk) -> memoryview:
    if not isinstance(chunk, bytes | bytearray | memoryview):
        raise TypeError("a stream is a binary file, or an iterable of bytes")
    return memoryview(chunk).cast("B")


def to_bytes(associated_data: str | bytes) -> bytes:
    if isinstance(associated_data, str):
        return associated_data.encode("utf-8")
    if not isinstance(associated_data, bytes | bytearray | memoryview):
        raise TypeError("associated_data must be str or bytes")
    return bytes(associated_data)


def _exponent_of(segment_size: int) -> int:
    exponents = range(MIN_EXPONENT, MAX_EXPONENT + 1)
    for exponent in exponents:
        if segment_size == 2**exponent:
            return exponent
    raise ValueError("segment_size must be a power of two from 64 to 1048576")


def _check_data_key(data_key: DataKey) -> None:
    if not isinstance(data_key, DataKey):
        raise TypeError("data_key must be a DataKey")
    if len(data_key.plaintext) not in DATA_KEY_LENGTHS:
        raise ValueError("the data key must have 32 or 64 bytes")
    if not any(data_key.plaintext):
        raise ValueError("the data key has been overwritten")
