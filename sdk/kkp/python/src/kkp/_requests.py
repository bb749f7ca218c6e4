"""The items of a batch: dictionaries with the arguments of the single call."""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from ._types import Encoding, Envelope

DataKeyLength = Literal[16, 32, 64]
"""How many bytes a data key has."""


class _EncryptMembers(TypedDict):
    plaintext: str | bytes
    backend: str
    key_id: str


class EncryptRequest(_EncryptMembers, total=False):
    """An item of `encrypt_batch`: the arguments of `encrypt`; `token` the same in all items."""

    token: str
    associated_data: str
    policy_context: Mapping[str, Any]


class _DecryptMembers(TypedDict):
    token: str
    envelope: Envelope | Mapping[str, Any]


class DecryptRequest(_DecryptMembers, total=False):
    """An item of `decrypt_batch`: the arguments of `decrypt`."""

    expected_audience: str
    context: Mapping[str, Any]
    encoding: Encoding


class _RewrapMembers(TypedDict):
    envelope: Envelope | Mapping[str, Any]


class RewrapRequest(_RewrapMembers, total=False):
    """An item of `rewrap_batch`: the arguments of `rewrap`."""

    token: str
    expected_audience: str
    backend: str
    key_id: str
    context: Mapping[str, Any]


class _DataKeyMembers(TypedDict):
    backend: str
    key_id: str


class DataKeyRequest(_DataKeyMembers, total=False):
    """An item of `create_data_key_batch`: as in `EncryptRequest`, those of `create_data_key`."""

    token: str
    length: DataKeyLength
    associated_data: str
    policy_context: Mapping[str, Any]
