"""The five calls as data: the request of each, and how to read its answer. No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from . import _answers, _base64url, _json
from ._http import Answer, Exchange
from ._types import Decrypted, Encoding, Encrypted, Envelope, IssuedToken, JwkSet, RotatedKey

Result = TypeVar("Result")


@dataclass(frozen=True)
class Operation(Generic[Result]):
    """A request to KKP, the status a good answer has, and what to make of that answer."""

    method: str
    path: str
    status: int
    read: Callable[[_json.JsonObject], Result]
    body: bytes | None = field(default=None, repr=False)

    def exchange(self, base_url: str, timeout: float) -> Exchange:
        return Exchange(self.method, base_url + self.path, timeout, self.body)

    def result(self, answer: Answer) -> Result:
        return self.read(_answers.read_members(answer, self.status))


def issue_token(
    subject: str,
    audience: str,
    backend: str,
    key_id: str,
    ttl_seconds: int | None,
    policy_claims: Mapping[str, Any] | None,
    request_context: Mapping[str, Any] | None,
) -> Operation[IssuedToken]:
    body = _body(
        subject=subject,
        audience=audience,
        backend=backend,
        key_id=key_id,
        ttl_seconds=ttl_seconds,
        policy_claims=policy_claims,
        request_context=request_context,
    )
    return Operation("POST", "/token", 200, _answers.read_issued_token, body)


def encrypt(
    plaintext: str | bytes,
    backend: str,
    key_id: str,
    associated_data: str | None,
    policy_context: Mapping[str, Any] | None,
) -> Operation[Encrypted]:
    body = _body(
        backend=backend,
        key_id=key_id,
        plaintext=plaintext if isinstance(plaintext, str) else None,
        plaintext_base64=None if isinstance(plaintext, str) else _base64url.encode(plaintext),
        associated_data=associated_data,
        policy_context=policy_context,
    )
    return Operation("POST", "/envelope/encrypt", 200, _answers.read_encrypted, body)


def decrypt(
    token: str,
    envelope: Envelope | Mapping[str, Any],
    expected_audience: str | None,
    context: Mapping[str, Any] | None,
    encoding: Encoding,
) -> Operation[Decrypted[str] | Decrypted[bytes]]:
    if encoding not in ("utf8", "base64"):
        raise ValueError("encoding must be utf8 or base64")
    body = _body(
        token=token,
        envelope=dict(envelope),
        expected_audience=expected_audience,
        context=context,
        encoding=encoding,
    )
    read = _answers.read_decrypted_text if encoding == "utf8" else _answers.read_decrypted_bytes
    return Operation("POST", "/envelope/decrypt", 200, read, body)


def fetch_jwks() -> Operation[JwkSet]:
    return Operation("GET", "/keys/jwks", 200, _answers.read_jwks)


def rotate() -> Operation[RotatedKey]:
    return Operation("POST", "/keys/rotate", 201, _answers.read_rotated_key)


def _body(**members: object) -> bytes:
    return _json.write_object({name: value for name, value in members.items() if value is not None})
