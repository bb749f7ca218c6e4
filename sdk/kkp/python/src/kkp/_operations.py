"""The calls as data: the request of each, and how to read its answer. No I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from . import _answers, _base64url, _json
from ._http import Answer, Exchange
from ._possession import Possession, Tokens
from ._requests import DataKeyLength
from ._types import (
    Confirmation,
    DataKey,
    Decrypted,
    Encoding,
    Encrypted,
    Envelope,
    Introspection,
    IssuedToken,
    JwkSet,
    Revoked,
    RotatedKey,
    TokenUse,
)

Result = TypeVar("Result")

_RULES = [{"jti"}, {"subject"}, {"backend", "key_id"}, {"kid"}, {"before"}]


@dataclass(frozen=True)
class Operation(Generic[Result]):
    """A request to KKP, the status a good answer has, and what to make of that answer."""

    method: str
    path: str
    status: int
    read: Callable[[_json.JsonObject], Result]
    members: Mapping[str, Any] | None = field(default=None, repr=False)
    max_depth: int = _answers.MAX_DEPTH
    tokens: Tokens = field(default_factory=Tokens)

    @property
    def needs_caller(self) -> bool:
        """Whether KKP may want to know who calls. Public keys are for everyone."""
        return self.method != "GET"

    def exchange(
        self, base_url: str, timeout: float, possession: Possession, caller: Mapping[str, str]
    ) -> Exchange:
        """Return the request of the caller with these headers.

        Raises TypeError or ValueError for members that JSON cannot carry, and tokens that cannot be shown.
        """
        url = base_url + self.path
        shown, headers = possession.show(self.tokens, self.method, url)
        body = None if self.members is None else _json.write_object({**self.members, **shown})
        return Exchange(self.method, url, timeout, body, {**headers, **caller})

    def result(self, answer: Answer) -> Result:
        return self.read(_answers.read_members(answer, self.status, self.max_depth))


def issue_token(
    possession: Possession,
    /,
    subject: str,
    audience: str,
    backend: str,
    key_id: str,
    ttl_seconds: int | None = None,
    policy_claims: Mapping[str, Any] | None = None,
    request_context: Mapping[str, Any] | None = None,
    ops: Sequence[TokenUse] | None = None,
    not_before: int | None = None,
    cnf: Confirmation | Mapping[str, str] | None = None,
) -> Operation[IssuedToken]:
    binding = possession.binding(cnf)
    members = given(
        subject=subject,
        audience=audience,
        backend=backend,
        key_id=key_id,
        ttl_seconds=ttl_seconds,
        policy_claims=policy_claims,
        request_context=request_context,
        ops=None if ops is None else uses(ops),
        not_before=not_before,
        cnf=None if binding is None else dict(binding),
    )
    return Operation("POST", "/token", 200, _answers.read_issued_token, members)


def encrypt(
    plaintext: str | bytes,
    backend: str,
    key_id: str,
    associated_data: str | None = None,
    policy_context: Mapping[str, Any] | None = None,
    token: str | None = None,
) -> Operation[Encrypted]:
    members = given(
        backend=backend,
        key_id=key_id,
        plaintext=plaintext if isinstance(plaintext, str) else None,
        plaintext_base64=None if isinstance(plaintext, str) else _base64url.encode(plaintext),
        associated_data=associated_data,
        policy_context=policy_context,
    )
    return Operation("POST", "/envelope/encrypt", 200, _answers.read_encrypted, members, tokens=Tokens(token))


def decrypt(
    token: str,
    envelope: Envelope | Mapping[str, Any],
    expected_audience: str | None = None,
    context: Mapping[str, Any] | None = None,
    encoding: Encoding = "utf8",
) -> Operation[Decrypted[str] | Decrypted[bytes]]:
    if encoding not in ("utf8", "base64"):
        raise ValueError("encoding must be utf8 or base64")
    members = given(
        envelope=dict(envelope), expected_audience=expected_audience, context=context, encoding=encoding
    )
    read = _answers.read_decrypted_text if encoding == "utf8" else _answers.read_decrypted_bytes
    tokens = Tokens(token, fits_body=True)
    return Operation("POST", "/envelope/decrypt", 200, read, members, tokens=tokens)


def rewrap(
    envelope: Envelope | Mapping[str, Any],
    token: str | None = None,
    expected_audience: str | None = None,
    backend: str | None = None,
    key_id: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> Operation[Encrypted]:
    members = given(
        envelope=dict(envelope),
        expected_audience=expected_audience,
        backend=backend,
        key_id=key_id,
        context=context,
    )
    tokens = Tokens(token, fits_body=True)
    return Operation("POST", "/envelope/rewrap", 200, _answers.read_encrypted, members, tokens=tokens)


def create_data_key(
    backend: str,
    key_id: str,
    length: DataKeyLength = 32,
    associated_data: str | None = None,
    policy_context: Mapping[str, Any] | None = None,
    token: str | None = None,
) -> Operation[DataKey]:
    if length not in (16, 32, 64):
        raise ValueError("length must be 16, 32 or 64")
    members = given(
        backend=backend,
        key_id=key_id,
        bytes=length,
        associated_data=associated_data,
        policy_context=policy_context,
    )
    return Operation(
        "POST",
        "/datakey",
        200,
        lambda answer: _answers.read_data_key(answer, length),
        members,
        tokens=Tokens(token),
    )


def create_wrapped_data_key(
    backend: str,
    key_id: str,
    length: DataKeyLength = 32,
    associated_data: str | None = None,
    policy_context: Mapping[str, Any] | None = None,
    token: str | None = None,
) -> Operation[Encrypted]:
    with_plaintext = create_data_key(backend, key_id, length, associated_data, policy_context, token)
    members = {**(with_plaintext.members or {}), "include_plaintext": False}
    return Operation("POST", "/datakey", 200, _answers.read_encrypted, members, tokens=with_plaintext.tokens)


def fetch_jwks() -> Operation[JwkSet]:
    return Operation("GET", "/keys/jwks", 200, _answers.read_jwks)


def rotate() -> Operation[RotatedKey]:
    return Operation("POST", "/keys/rotate", 201, _answers.read_rotated_key)


def revoke(**rule: str | int | None) -> Operation[Revoked]:
    members = given(**rule)
    if members.keys() not in _RULES:
        raise ValueError("revoke takes exactly one of jti, subject, backend with key_id, kid, before")
    return Operation("POST", "/revoke", 200, _answers.read_revoked, members)


def introspect(token: str) -> Operation[Introspection]:
    return Operation("POST", "/introspect", 200, _answers.read_introspection, {"token": token})


def uses(ops: Sequence[TokenUse]) -> list[TokenUse]:
    if isinstance(ops, str):
        raise TypeError("ops must be a list of uses, not one string")
    return list(ops)


def given(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
