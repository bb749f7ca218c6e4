"""The header of a sealed stream, as sdk/kkp/FORMAT.md lays it out. No I/O."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from . import _json
from ._errors import StreamError
from ._types import Envelope

MAGIC = b"KKPS"
VERSION = 1
SALT_BYTES = 32
PREFIX_BYTES = 7
TAG_BYTES = 16
STREAM_HEADER_BYTES = 1 + SALT_BYTES + PREFIX_BYTES
MAX_ENVELOPE_BYTES = 65_536
MIN_EXPONENT = 6
MAX_EXPONENT = 20

# Magic, version, exponent of the segment size, length of the envelope.
_FRAME = struct.Struct(">4sBBI")
_REQUIRED = {"backend", "ciphertext", "encrypted_data_key", "key_id", "nonce"}


@dataclass(frozen=True)
class StreamHeader:
    """What stands before the segments. A segment has 2**exponent bytes."""

    envelope: Envelope
    exponent: int
    salt: bytes
    prefix: bytes

    def to_bytes(self) -> bytes:
        """Raise ValueError for an envelope that a stream cannot carry."""
        text = _canonical(self.envelope)
        try:
            _read_envelope(text)
        except StreamError:
            raise ValueError("the envelope must be one of KKP, of at most 64 KiB as JSON") from None
        frame = _FRAME.pack(MAGIC, VERSION, self.exponent, len(text))
        return b"".join((frame, text, bytes([STREAM_HEADER_BYTES]), self.salt, self.prefix))


class HeaderReader:
    """Gathers a header from chunks of any size; `header` is there once it is whole."""

    def __init__(self) -> None:
        self.header: StreamHeader | None = None
        self._bytes = bytearray()
        self._length = _FRAME.size

    def push(self, chunk: memoryview) -> memoryview:
        """Take what belongs to the header and return what follows it; raise StreamError for a bad header."""
        while self.header is None and chunk:
            missing = self._length - len(self._bytes)
            self._bytes += chunk[:missing]
            chunk = chunk[missing:]
            if len(self._bytes) == self._length:
                self._advance()
        return chunk

    def _advance(self) -> None:
        if self._length == _FRAME.size:
            self._length += _read_frame(self._bytes) + STREAM_HEADER_BYTES
        else:
            self.header = _read_header(bytes(self._bytes))


def _read_frame(frame: bytearray) -> int:
    """Check the frame; return the length of the envelope."""
    magic, version, exponent, length = _FRAME.unpack(frame)
    if magic != MAGIC:
        raise StreamError("bad_header")
    if version != VERSION:
        raise StreamError("unsupported_version")
    if not (MIN_EXPONENT <= exponent <= MAX_EXPONENT and 1 <= length <= MAX_ENVELOPE_BYTES):
        raise StreamError("bad_header")
    return cast(int, length)


def _read_header(data: bytes) -> StreamHeader:
    text, stream_header = data[_FRAME.size : -STREAM_HEADER_BYTES], data[-STREAM_HEADER_BYTES:]
    if stream_header[0] != STREAM_HEADER_BYTES:
        raise StreamError("bad_header")
    salt, prefix = stream_header[1 : 1 + SALT_BYTES], stream_header[1 + SALT_BYTES :]
    return StreamHeader(_read_envelope(text), data[5], salt, prefix)


def _read_envelope(text: bytes) -> Envelope:
    try:
        members = _json.read_object(text, 1)
    except _json.StrictJsonError:
        raise StreamError("bad_header") from None
    names = members.keys() - {"associated_data"}
    is_whole = names == _REQUIRED and all(isinstance(value, str) for value in members.values())
    if not is_whole or len(text) > MAX_ENVELOPE_BYTES or _canonical(members) != text:
        raise StreamError("bad_header")
    return cast(Envelope, members)


def _canonical(members: Mapping[str, Any]) -> bytes:
    """RFC 8785, for an object of strings whose names are ASCII. What cannot be written gives b""."""
    try:
        text = json.dumps(dict(members), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode("utf-8")
    except (TypeError, ValueError):
        return b""
