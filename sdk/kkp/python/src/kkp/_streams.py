"""Sealed streams: bytes encrypted here, under a data key of KKP, into the format of sdk/kkp/FORMAT.md."""

import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import BinaryIO

from ._errors import StreamError
from ._stream_format import HeaderReader, StreamHeader
from ._stream_sides import DEFAULT_SEGMENT_SIZE, Chunk, Decryptor, Encryptor, to_bytes, view_of
from ._types import DataKey, Envelope

OpenDataKey = Callable[[Envelope], bytes | bytearray]
"""Opens the envelope of a data key, as `Client.data_key_opener` does."""

OpenDataKeyAsync = Callable[[Envelope], Awaitable[bytes | bytearray]]
"""`OpenDataKey`, awaited."""

_READ_BYTES = 256 * 1024


def encrypt_stream(
    data_key: DataKey,
    source: BinaryIO | Iterable[Chunk],
    *,
    associated_data: str | bytes = b"",
    segment_size: int = DEFAULT_SEGMENT_SIZE,
) -> Iterator[bytes]:
    """Encrypt a binary file, or chunks, as they are read; yields the sealed stream in pieces.

    `associated_data` is bound to the stream and not stored in it: who decrypts must give the same.
    `segment_size`, a power of two from 64 bytes to 1 MiB, is how much is held in memory. `data_key` is read
    before this returns, and may serve many streams: each has a key of its own. A stream that ends early, by
    an error or because nobody asks for more, never opens to its end. Raises TypeError or ValueError for
    wrong arguments.
    """
    encryptor = Encryptor(data_key, associated_data, segment_size, os.urandom)
    return _encrypt(encryptor, source)


def decrypt_stream(
    open_data_key: OpenDataKey, source: BinaryIO | Iterable[Chunk], *, associated_data: str | bytes = b""
) -> Iterator[bytes]:
    """Decrypt a sealed stream as it is read; `open_data_key` is called once, with the envelope in its header.

    Each piece has been verified when it comes, but only an iteration that ends without an error gave the
    whole plaintext. Until then keep the pieces where nobody takes them for the whole, as `decrypt_file` does.
    Raises StreamError when the stream was changed or cut or has other associated data, and what
    `open_data_key` and `source` raised.
    """
    return _decrypt(open_data_key, source, to_bytes(associated_data))


def rewrap_stream(
    rewrap: Callable[[Envelope], Envelope], source: BinaryIO | Iterable[Chunk]
) -> Iterator[bytes]:
    """Write a sealed stream's header anew with what `rewrap` makes of its envelope, and pass the rest on.

    So a stream moves to another key, or to its key's current version, without being decrypted:
    `rewrap_stream(lambda envelope: client.rewrap(envelope, token=token).envelope, file)`.
    """
    reader = HeaderReader()
    for chunk in _chunks(source):
        had_header = reader.header is not None
        rest = reader.push(view_of(chunk))
        if reader.header is not None and not had_header:
            yield _moved(reader.header, rewrap(reader.header.envelope))
        if rest:
            yield bytes(rest)
    if reader.header is None:
        raise StreamError("bad_header")


def encrypt_bytes(data_key: DataKey, plaintext: str | bytes, *, associated_data: str | bytes = b"") -> bytes:
    """`encrypt_stream` for a message in memory; text is encrypted as UTF-8."""
    data = plaintext.encode("utf-8") if isinstance(plaintext, str) else plaintext
    return b"".join(encrypt_stream(data_key, [data], associated_data=associated_data))


def decrypt_bytes(open_data_key: OpenDataKey, sealed: bytes, *, associated_data: str | bytes = b"") -> bytes:
    """`decrypt_stream` for a message in memory: the whole plaintext, or an error."""
    return b"".join(decrypt_stream(open_data_key, [sealed], associated_data=associated_data))


def encrypt_stream_async(
    data_key: DataKey,
    source: AsyncIterable[Chunk],
    *,
    associated_data: str | bytes = b"",
    segment_size: int = DEFAULT_SEGMENT_SIZE,
) -> AsyncIterator[bytes]:
    """`encrypt_stream` for chunks that have to be awaited."""
    encryptor = Encryptor(data_key, associated_data, segment_size, os.urandom)
    return _encrypt_async(encryptor, source)


def decrypt_stream_async(
    open_data_key: OpenDataKeyAsync, source: AsyncIterable[Chunk], *, associated_data: str | bytes = b""
) -> AsyncIterator[bytes]:
    """`decrypt_stream` for chunks, and a data key, that have to be awaited."""
    return _decrypt_async(open_data_key, source, to_bytes(associated_data))


async def decrypt_bytes_async(
    open_data_key: OpenDataKeyAsync, sealed: bytes, *, associated_data: str | bytes = b""
) -> bytes:
    """`decrypt_bytes` with a data key that has to be awaited."""

    async def source() -> AsyncIterator[bytes]:
        yield sealed

    pieces = decrypt_stream_async(open_data_key, source(), associated_data=associated_data)
    return b"".join([piece async for piece in pieces])


async def rewrap_stream_async(
    rewrap: Callable[[Envelope], Awaitable[Envelope]], source: AsyncIterable[Chunk]
) -> AsyncIterator[bytes]:
    """`rewrap_stream` for chunks, and an envelope, that have to be awaited."""
    reader = HeaderReader()
    async for chunk in source:
        had_header = reader.header is not None
        rest = reader.push(view_of(chunk))
        if reader.header is not None and not had_header:
            yield _moved(reader.header, await rewrap(reader.header.envelope))
        if rest:
            yield bytes(rest)
    if reader.header is None:
        raise StreamError("bad_header")


def _encrypt(encryptor: Encryptor, source: BinaryIO | Iterable[Chunk]) -> Iterator[bytes]:
    yield encryptor.header
    for chunk in _chunks(source):
        yield from encryptor.push(chunk)
    yield encryptor.finish()


async def _encrypt_async(encryptor: Encryptor, source: AsyncIterable[Chunk]) -> AsyncIterator[bytes]:
    yield encryptor.header
    async for chunk in source:
        for piece in encryptor.push(chunk):
            yield piece
    yield encryptor.finish()


def _decrypt(
    open_data_key: OpenDataKey, source: BinaryIO | Iterable[Chunk], associated_data: bytes
) -> Iterator[bytes]:
    reader, body = HeaderReader(), None
    for chunk in _chunks(source):
        rest = reader.push(view_of(chunk))
        if body is None and reader.header is not None:
            body = Decryptor(reader.header, open_data_key(reader.header.envelope), associated_data)
        if body is not None:
            yield from body.push(rest)
    yield from _end(body)


async def _decrypt_async(
    open_data_key: OpenDataKeyAsync, source: AsyncIterable[Chunk], associated_data: bytes
) -> AsyncIterator[bytes]:
    reader, body = HeaderReader(), None
    async for chunk in source:
        rest = reader.push(view_of(chunk))
        if body is None and reader.header is not None:
            body = Decryptor(reader.header, await open_data_key(reader.header.envelope), associated_data)
        if body is not None:
            for piece in body.push(rest):
                yield piece
    for piece in _end(body):
        yield piece


def _end(body: Decryptor | None) -> Iterator[bytes]:
    if body is None:
        raise StreamError("bad_header")
    last = body.finish()
    if last:
        yield last


def _moved(header: StreamHeader, envelope: Envelope) -> bytes:
    return StreamHeader(envelope, header.exponent, header.salt, header.prefix).to_bytes()


def _chunks(source: BinaryIO | Iterable[Chunk]) -> Iterator[Chunk]:
    # A file is an iterable too, of lines, which may be as long as the file.
    if hasattr(source, "read"):
        # Until b"" and nothing else: None, from a file that would block, and text are refused as chunks.
        yield from iter(lambda: source.read(_READ_BYTES), b"")
    else:
        yield from source
