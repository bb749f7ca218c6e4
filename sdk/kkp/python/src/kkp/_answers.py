"""Answers of KKP: from bytes to typed results, or to the error that an answer is. No I/O."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from . import _json, _members
from ._claims import as_time, claims_of
from ._errors import API_ERRORS, KeySetError, KkpApiError, KkpError, KkpProtocolError
from ._http import Answer
from ._keys import ImportedKeys, import_jwks
from ._types import (
    DataKey,
    Decrypted,
    Encrypted,
    Envelope,
    Introspection,
    IssuedToken,
    JwkSet,
    Revoked,
    RotatedKey,
)

_NONCE_BYTES = 12
_TAG_BYTES = 16
_MAX_MESSAGE_LENGTH = 500
_SECONDS = re.compile("[0-9]{1,9}")
# A token's payload may be as deep; an answer wraps its claims, and a batch wraps that answer in three levels.
MAX_DEPTH = _json.MAX_DEPTH + 1
MAX_BATCH_DEPTH = MAX_DEPTH + 3

Result = TypeVar("Result")

Translate = Callable[[_json.JsonObject, int], _json.JsonObject]
"""From the body of an error and its HTTP status to the members that KKP's own would have."""


def read_members(answer: Answer, status: int, max_depth: int = MAX_DEPTH) -> _json.JsonObject:
    """Return the answer's JSON object, or raise the error that the answer is."""
    if answer.status != status:
        raise error_of(answer)
    try:
        return _json.read_object(answer.body, max_depth)
    except _json.StrictJsonError as error:
        raise KkpProtocolError(f"The answer cannot be read: {error}.", answer.status) from None


def import_answer(members: _json.JsonObject) -> ImportedKeys:
    """Return the keys of a JWKS answer."""
    try:
        return import_jwks(members)
    except KeySetError as error:
        raise KkpProtocolError(f"The key set cannot be trusted: {error}.") from error


def read_issued_token(members: _json.JsonObject) -> IssuedToken:
    token, kid = (_members.text(members, name) for name in ("token", "kid"))
    return IssuedToken(token, _members.time(members, "expires_at"), kid)


def read_encrypted(members: _json.JsonObject) -> Encrypted:
    envelope = members.get("envelope")
    if not isinstance(envelope, dict):
        raise _members.wrong_member("envelope")
    for name in ("backend", "key_id"):
        _members.text(envelope, name)
    _members.binary(envelope, "encrypted_data_key", least=1)
    _members.binary(envelope, "ciphertext", least=_TAG_BYTES)
    if len(_members.binary(envelope, "nonce", least=_NONCE_BYTES)) != _NONCE_BYTES:
        raise _members.wrong_member("nonce")
    if not isinstance(envelope.get("associated_data", ""), str):
        raise _members.wrong_member("associated_data")
    # Whole, with members this version may not know: an envelope that lost one might never open again.
    return Encrypted(cast(Envelope, envelope))


def read_data_key(members: _json.JsonObject, length: int) -> DataKey:
    plaintext = _members.binary(members, "plaintext_base64", least=length)
    if len(plaintext) != length:
        raise _members.wrong_member("plaintext_base64")
    return DataKey(read_encrypted(members).envelope, bytearray(plaintext))


def read_batch(
    members: _json.JsonObject, readers: Sequence[Callable[[_json.JsonObject], Result]]
) -> list[Result | KkpApiError]:
    """Return what each of `readers` makes of its item, or the error that the item is."""
    results = members.get("results")
    if not isinstance(results, list) or len(results) != len(readers):
        raise _members.wrong_member("results")
    return [_read_item(item, read) for item, read in zip(results, readers, strict=True)]


def read_decrypted_text(members: _json.JsonObject) -> Decrypted[str]:
    plaintext = members.get("plaintext")
    if not isinstance(plaintext, str):
        raise _members.wrong_member("plaintext")
    return Decrypted(plaintext, _members.claims(members))


def read_decrypted_bytes(members: _json.JsonObject) -> Decrypted[bytes]:
    return Decrypted(_members.binary(members, "plaintext_base64", least=0), _members.claims(members))


def read_jwks(members: _json.JsonObject) -> JwkSet:
    import_answer(members)
    return cast(JwkSet, members)


def read_rotated_key(members: _json.JsonObject) -> RotatedKey:
    return RotatedKey(_members.text(members, "kid"), _members.time(members, "expires_at"))


def read_revoked(members: _json.JsonObject) -> Revoked:
    rule = members.get("rule")
    if not isinstance(rule, dict):
        raise _members.wrong_member("rule")
    return Revoked(rule, _members.time(members, "expires_at"))


def read_introspection(members: _json.JsonObject) -> Introspection:
    active = members.get("active")
    if active is False:
        return Introspection(active=False)
    claims = claims_of({name: value for name, value in members.items() if name != "active"})
    if active is not True or claims is None:
        raise _members.wrong_member("active")
    return Introspection(active=True, claims=claims)


def error_of(answer: Answer, translate: Translate | None = None) -> KkpError:
    """Return the error that an answer is which has not the status of a good one.

    `translate` is for routes that answer otherwise than KKP's own.
    """
    try:
        problem = _json.read_object(answer.body)
    except _json.StrictJsonError:
        problem = {}
    if translate is not None:
        problem = translate(problem, answer.status)
    retry_after = _SECONDS.fullmatch(answer.headers.get("Retry-After", ""))
    return _api_error(answer.status, problem, int(retry_after.group()) if retry_after else None) or (
        KkpProtocolError("The answer is neither a result nor an error of KKP.", answer.status)
    )


def _read_item(item: object, read: Callable[[_json.JsonObject], Result]) -> Result | KkpApiError:
    if not isinstance(item, dict) or not isinstance(item.get("body"), dict):
        raise _members.wrong_member("results")
    status, retry_after = as_time(item.get("status")), item.get("retry_after_seconds")
    if status == 200:
        return read(item["body"])
    seconds = as_time(retry_after)
    error = None if status is None or status > 599 else _api_error(status, item["body"], seconds)
    if error is None or (seconds is None and retry_after is not None):
        raise _members.wrong_member("results")
    return error


def _api_error(status: int, problem: _json.JsonObject, retry_after: int | None) -> KkpApiError | None:
    """Return None for what is not an error of KKP."""
    code, message, instance = (problem.get(name) for name in ("error", "message", "instance"))
    if status < 400 or not isinstance(code, str) or not isinstance(message, str):
        return None
    return API_ERRORS.get(code, KkpApiError)(
        status,
        code,
        message[:_MAX_MESSAGE_LENGTH],
        instance if isinstance(instance, str) else None,
        retry_after,
    )
