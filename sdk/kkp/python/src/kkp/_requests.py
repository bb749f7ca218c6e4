"""The arguments of the calls, by keyword: for the sync and the async client, and the items of a batch.

An argument of None is as good as none.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from ._types import Confirmation, Encoding, Envelope, SubjectTokenType, TokenUse

DataKeyLength = Literal[16, 32, 64]
"""How many bytes a data key has."""


class _KeyMembers(TypedDict):
    backend: str
    key_id: str


class _GrantMembers(_KeyMembers):
    audience: str


class _IssueTokenMembers(_GrantMembers):
    subject: str


class IssueTokenRequest(_IssueTokenMembers, total=False):
    """For `issue_token`. KKP's configuration decides the lifetime if you do not.

    `ops` says what the token is for: to decrypt and to rewrap if you do not. Nobody accepts it before
    `not_before`, in Unix seconds. It is bound to what `cnf` names, or else to the client's `dpop_key`.
    """

    ttl_seconds: int | None
    policy_claims: Mapping[str, Any] | None
    request_context: Mapping[str, Any] | None
    ops: Sequence[TokenUse] | None
    not_before: int | None
    cnf: Confirmation | Mapping[str, str] | None


class GrantTokenRequest(_GrantMembers, total=False):
    """For `grant_token`; as in `IssueTokenRequest`.

    `client_id` must be the id of the caller. Where callers are anonymous, in development: the name of whoever
    asks, which is wanted there.
    """

    ttl_seconds: int | None
    policy_claims: Mapping[str, Any] | None
    ops: Sequence[TokenUse] | None
    client_id: str | None


class ExchangeTokenOptions(TypedDict, total=False):
    """For `exchange_token`; as in `GrantTokenRequest`.

    Of a KKP token, what is left out stays as it is, and nothing can become more. Of a JWT of another issuer,
    `audience`, `backend` and `key_id` have to be named.
    """

    subject_token_type: SubjectTokenType
    audience: str | None
    backend: str | None
    key_id: str | None
    ttl_seconds: int | None
    policy_claims: Mapping[str, Any] | None
    ops: Sequence[TokenUse] | None
    client_id: str | None


class EncryptOptions(_KeyMembers, total=False):
    """For `encrypt`. `associated_data` stays readable in the envelope, and protected there.

    `token`, with `encrypt` among its `ops`, stands in for a caller; in a batch the same in all items.
    """

    token: str | None
    associated_data: str | None
    policy_context: Mapping[str, Any] | None


class EncryptRequest(EncryptOptions):
    """An item of `encrypt_batch`: the arguments of `encrypt`."""

    plaintext: str | bytes


class DecryptOptions(TypedDict, total=False):
    """For `decrypt` and `data_key_opener`."""

    expected_audience: str | None
    context: Mapping[str, Any] | None


class _DecryptMembers(DecryptOptions):
    token: str
    envelope: Envelope | Mapping[str, Any]


class DecryptRequest(_DecryptMembers, total=False):
    """An item of `decrypt_batch`: the arguments of `decrypt`."""

    encoding: Encoding


class RewrapOptions(TypedDict, total=False):
    """For `rewrap`. `key_id` alone names another key of the same backend."""

    token: str | None
    expected_audience: str | None
    backend: str | None
    key_id: str | None
    context: Mapping[str, Any] | None


class RewrapRequest(RewrapOptions):
    """An item of `rewrap_batch`: the arguments of `rewrap`."""

    envelope: Envelope | Mapping[str, Any]


class DataKeyRequest(_KeyMembers, total=False):
    """For `create_data_key`, also as an item of its batch.

    `token`, with `data_key` among its `ops`, stands in for a caller; in a batch the same in all items.
    """

    length: DataKeyLength
    associated_data: str | None
    policy_context: Mapping[str, Any] | None
    token: str | None
