"""Answers of KKP's routes of OAuth, as `_answers` reads those of the others. No I/O."""

from typing import Any, Literal, get_args

from . import _json, _members
from ._answers import error_of
from ._claims import is_ops
from ._credentials import BEARER_TOKEN
from ._errors import KkpError
from ._http import Answer
from ._types import ExchangedToken, GrantedToken, SubjectTokenType

KEY_DETAIL = "kkp_key"

# What OAuth has another word for than KKP (RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5).
_CODES = {
    "invalid_client": "unauthenticated",
    "access_denied": "policy_denied",
    "temporarily_unavailable": "internal_error",
    "server_error": "internal_error",
}


def read_granted(members: _json.JsonObject, token_type: Literal["Bearer", "DPoP"]) -> GrantedToken:
    """Read RFC 6749 section 5.1.

    A token of another type than was asked for is refused: one that is not bound would be good for whoever has
    it (RFC 9449 section 5).
    """
    return GrantedToken(**_granted(members, token_type))


def read_exchanged(members: _json.JsonObject, token_type: Literal["Bearer", "DPoP"]) -> ExchangedToken:
    """Read RFC 8693 section 2.2.1."""
    issued_type: Any = members.get("issued_token_type")
    if issued_type not in get_args(SubjectTokenType):
        raise _members.wrong_member("issued_token_type")
    return ExchangedToken(**_granted(members, token_type), issued_token_type=issued_type)


def read_nothing(_members: _json.JsonObject) -> None:
    """RFC 7009 section 2.2: all that is to be known is in the status."""


def oauth_error_of(answer: Answer) -> KkpError:
    """Return the error of RFC 6749 section 5.2 that an answer is which has not the status of a good one."""
    return error_of(answer, _as_problem)


def _granted(members: _json.JsonObject, token_type: str) -> dict[str, Any]:
    token = _members.text(members, "access_token")
    if not BEARER_TOKEN.fullmatch(token):
        raise _members.wrong_member("access_token")
    if members.get("token_type") != token_type:
        raise _members.wrong_member("token_type")
    detail = _detail(members)
    policy_claims = detail.get("policy_claims", {})
    if not isinstance(policy_claims, dict):
        raise _members.wrong_member("policy_claims")
    return {
        "access_token": token,
        "token_type": token_type,
        "expires_in": _members.time(members, "expires_in"),
        "backend": _members.text(detail, "backend"),
        "key_id": _members.text(detail, "key_id"),
        "policy_claims": policy_claims,
        "ops": _ops(members),
    }


def _detail(members: _json.JsonObject) -> _json.JsonObject:
    """Return the one detail that there is (RFC 9396 section 7)."""
    details = members.get("authorization_details")
    if not isinstance(details, list) or len(details) != 1 or not isinstance(details[0], dict):
        raise _members.wrong_member("authorization_details")
    detail: _json.JsonObject = details[0]
    if detail.get("type") != KEY_DETAIL:
        raise _members.wrong_member("authorization_details")
    return detail


def _ops(members: _json.JsonObject) -> tuple[Any, ...] | None:
    if "scope" not in members:
        return None
    ops = _members.text(members, "scope").split(" ")
    if not is_ops(ops):
        raise _members.wrong_member("scope")
    return tuple(ops)


def _as_problem(body: _json.JsonObject, status: int) -> _json.JsonObject:
    """Say it as KKP's other routes do. A server that has no routes of OAuth does already."""
    if "error_description" not in body:
        return body
    code = body.get("error")
    if code == "temporarily_unavailable" and status == 429:
        code = "rate_limited"
    elif isinstance(code, str):
        code = _CODES.get(code, code)
    return {"error": code, "message": body["error_description"]}
