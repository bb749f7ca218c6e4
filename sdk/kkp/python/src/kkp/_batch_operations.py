"""The calls that carry many requests, as data. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import _answers
from ._errors import KkpApiError
from ._operations import Operation, Result, create_data_key, decrypt, encrypt, given, rewrap
from ._possession import Tokens
from ._requests import DataKeyRequest, DecryptRequest, EncryptRequest, RewrapRequest
from ._types import DataKey, Decrypted, Encrypted


def encrypt_batch(requests: Iterable[EncryptRequest]) -> Operation[list[Encrypted | KkpApiError]]:
    return _batch([encrypt(**request) for request in requests], "/envelope/encrypt/batch")


def decrypt_batch(
    requests: Iterable[DecryptRequest],
) -> Operation[list[Decrypted[str] | Decrypted[bytes] | KkpApiError]]:
    return _batch([decrypt(**request) for request in requests], "/envelope/decrypt/batch")


def rewrap_batch(requests: Iterable[RewrapRequest]) -> Operation[list[Encrypted | KkpApiError]]:
    return _batch([rewrap(**request) for request in requests], "/envelope/rewrap/batch")


def create_data_key_batch(requests: Iterable[DataKeyRequest]) -> Operation[list[DataKey | KkpApiError]]:
    return _batch([create_data_key(**request) for request in requests], "/datakey/batch")


def _batch(operations: Sequence[Operation[Result]], path: str) -> Operation[list[Result | KkpApiError]]:
    readers = [operation.read for operation in operations]
    return Operation(
        "POST",
        path,
        200,
        lambda answer: _answers.read_batch(answer, readers),
        {"items": [_item(operation) for operation in operations]},
        _answers.MAX_BATCH_DEPTH,
        _tokens_of([operation.tokens for operation in operations]),
    )


def _item(operation: Operation[Any]) -> Mapping[str, Any]:
    shown = given(token=operation.tokens.own) if operation.tokens.fits_body else {}
    return {**(operation.members or {}), **shown}


def _tokens_of(items: Sequence[Tokens]) -> Tokens:
    tokens = {item.own for item in items}
    if all(item.fits_body for item in items):
        return Tokens(of_items=frozenset(token for token in tokens if token is not None))
    if len(tokens) > 1:
        raise ValueError("the items of this batch must all show the same token, or none")
    return Tokens(tokens.pop())
