"""The calls to KKP's routes of OAuth, as data: forms to send, and how to read their answers. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from . import _json
from ._http import Answer, Exchange
from ._oauth_answers import KEY_DETAIL, oauth_error_of, read_exchanged, read_granted, read_nothing
from ._operations import Operation, Result, given, uses
from ._possession import Possession
from ._types import ACCESS_TOKEN, ExchangedToken, GrantedToken, SubjectTokenType, TokenUse

_FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class FormOperation(Operation[Result]):
    """As `Operation`, with the parameters of a form (RFC 6749 appendix B) for members.

    `asks` says whether it asks for a token, `subject_token` which one that is to be made from.
    """

    asks: bool = True
    subject_token: str | None = field(default=None, repr=False)

    def exchange(
        self, base_url: str, timeout: float, possession: Possession, caller: Mapping[str, str]
    ) -> Exchange:
        url = base_url + self.path
        proof = possession.ask(self.subject_token, self.method, url) if self.asks else {}
        body = urlencode(self.members or {}).encode("ascii")
        return Exchange(self.method, url, timeout, body, {"Content-Type": _FORM_TYPE, **proof, **caller})

    def result(self, answer: Answer) -> Result:
        if answer.status != self.status:
            raise oauth_error_of(answer)
        return super().result(answer) if self.asks else self.read({})


def grant_token(
    possession: Possession,
    /,
    audience: str,
    backend: str,
    key_id: str,
    ttl_seconds: int | None = None,
    policy_claims: Mapping[str, Any] | None = None,
    ops: Sequence[TokenUse] | None = None,
    client_id: str | None = None,
) -> FormOperation[GrantedToken]:
    form = _form(
        grant_type="client_credentials",
        client_id=client_id,
        audience=audience,
        **_wanted(backend, key_id, policy_claims, ops, ttl_seconds),
    )
    read = partial(read_granted, token_type=possession.token_type)
    return FormOperation("POST", "/oauth/token", 200, read, form)


def exchange_token(
    possession: Possession,
    subject_token: str,
    /,
    subject_token_type: SubjectTokenType = ACCESS_TOKEN,
    audience: str | None = None,
    backend: str | None = None,
    key_id: str | None = None,
    ttl_seconds: int | None = None,
    policy_claims: Mapping[str, Any] | None = None,
    ops: Sequence[TokenUse] | None = None,
    client_id: str | None = None,
) -> FormOperation[ExchangedToken]:
    form = _form(
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=subject_token,
        subject_token_type=subject_token_type,
        client_id=client_id,
        audience=audience,
        **_wanted(backend, key_id, policy_claims, ops, ttl_seconds),
    )
    read = partial(read_exchanged, token_type=possession.token_type)
    return FormOperation("POST", "/oauth/token", 200, read, form, subject_token=subject_token)


def revoke_token(token: str) -> FormOperation[None]:
    return FormOperation("POST", "/oauth/revoke", 200, read_nothing, _form(token=token), asks=False)


def _wanted(
    backend: str | None,
    key_id: str | None,
    policy_claims: Mapping[str, Any] | None,
    ops: Sequence[TokenUse] | None,
    ttl_seconds: int | None,
) -> dict[str, str | None]:
    """Return the parameters that say what a token is to be good for."""
    key = given(backend=backend, key_id=key_id, policy_claims=policy_claims)
    detail = _json.write_object({"type": KEY_DETAIL, **key}).decode("utf-8")
    return {
        "authorization_details": f"[{detail}]" if key else None,
        "scope": None if ops is None else " ".join(uses(ops)),
        "ttl_seconds": None if ttl_seconds is None else str(ttl_seconds),
    }


def _form(**parameters: str | None) -> dict[str, str]:
    """Raise TypeError or ValueError for what is no text, and for an empty one.

    That would be as good as none to KKP, and might get more than was asked for.
    """
    form = {}
    for name, value in given(**parameters).items():
        if not isinstance(value, str):
            raise TypeError(f"{name} must be text")
        if value == "" or not _json.is_text(value):
            raise ValueError(f"{name} must be text that is not empty, without lone surrogates")
        form[name] = value
    return form
