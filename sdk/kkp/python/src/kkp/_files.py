"""Sealed streams from file to file, where the target is there whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ._stream_sides import DEFAULT_SEGMENT_SIZE
from ._streams import OpenDataKey, decrypt_stream, encrypt_stream
from ._types import DataKey

StrPath = str | os.PathLike[str]


def encrypt_file(
    data_key: DataKey,
    source: StrPath,
    target: StrPath,
    *,
    associated_data: str | bytes = b"",
    segment_size: int = DEFAULT_SEGMENT_SIZE,
) -> None:
    """`encrypt_stream` from file to file. `target` appears, or is replaced, when it is whole."""
    with open(source, "rb") as file:
        sealed = encrypt_stream(data_key, file, associated_data=associated_data, segment_size=segment_size)
        _write_whole(target, sealed)


def decrypt_file(
    open_data_key: OpenDataKey, source: StrPath, target: StrPath, *, associated_data: str | bytes = b""
) -> None:
    """`decrypt_stream` from file to file. `target` appears, or is replaced, only when all of it was verified.

    Until then the plaintext is in a file beside it, readable for its owner alone, which an error removes.
    """
    with open(source, "rb") as file:
        _write_whole(target, decrypt_stream(open_data_key, file, associated_data=associated_data))


def _write_whole(target: StrPath, pieces: Iterable[bytes]) -> None:
    path = Path(target)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with open(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
