"""Cutting into segments, and their encryption: AES-GCM-HKDF streaming as sdk/kkp/FORMAT.md has it. No I/O."""

import hashlib
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ._errors import StreamError
from ._stream_format import MAGIC, TAG_BYTES, VERSION, StreamHeader

MAX_INDEX = 2**32 - 1
DATA_KEY_LENGTHS = (32, 64)


class Segmenter:
    """Cuts chunks of any size into segments; a full one is held back until it is surely not the last."""

    def __init__(self, first_size: int, size: int) -> None:
        self._limit = first_size
        self._size = size
        self._buffer = bytearray()

    def push(self, chunk: memoryview) -> Iterator[bytearray]:
        """Yield the segments that are now known not to be the last."""
        while chunk:
            if len(self._buffer) == self._limit:
                full, self._buffer, self._limit = self._buffer, bytearray(), self._size
                yield full
            missing = self._limit - len(self._buffer)
            self._buffer += chunk[:missing]
            chunk = chunk[missing:]

    def last(self) -> bytearray:
        return self._buffer


class SegmentCipher:
    """Seals or opens the segments of one stream, in their order."""

    def __init__(
        self, data_key: bytes | bytearray, header: StreamHeader, associated_data: bytes, first_index: int = 0
    ) -> None:
        # Hashed, since some implementations of HKDF bound the length of info.
        info = MAGIC + bytes([VERSION, header.exponent]) + hashlib.sha256(associated_data).digest()
        hkdf = HKDF(algorithm=SHA256(), length=32, salt=header.salt, info=info)
        self._aead = AESGCM(hkdf.derive(data_key))
        self._prefix = header.prefix
        self._index = first_index

    def seal(self, plaintext: bytearray, is_last: bool) -> bytes:
        """Return ciphertext and tag. Raise OverflowError for a stream of more than 2**32 segments."""
        return self._aead.encrypt(self._next_nonce(is_last), plaintext, None)

    def open(self, segment: bytearray, is_last: bool) -> bytes:
        """Raise StreamError for a segment that is not genuine, or not in its place."""
        is_first = self._index == 0
        try:
            plaintext = self._aead.decrypt(self._next_nonce(is_last), segment, None)
        except (InvalidTag, OverflowError):
            raise StreamError("not_authentic") from None
        # One plaintext has one form: nothing but an empty stream ends with an empty segment.
        if len(segment) == TAG_BYTES and not is_first:
            raise StreamError("not_authentic")
        return plaintext

    def _next_nonce(self, is_last: bool) -> bytes:
        if self._index > MAX_INDEX:
            raise OverflowError("a stream has at most 2**32 segments")
        nonce = self._prefix + self._index.to_bytes(4, "big") + bytes([is_last])
        self._index += 1
        return nonce
