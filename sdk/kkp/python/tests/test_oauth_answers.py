"""The calls to KKP's routes of OAuth: their answers, and the errors that these are."""

import json
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import problem
from tokens import token

import kkp as sdk
from kkp import ExchangedToken, GrantedToken, KkpProtocolError
from kkp._types import ACCESS_TOKEN

Connect = Callable[..., Any]
KEY = {"backend": "aws", "key_id": "alias/orders"}
WANTED: dict[str, Any] = {"audience": "reports", **KEY}
JWT = "urn:ietf:params:oauth:token-type:jwt"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SUBJECT = token()
GRANTED: dict[str, Any] = {
    "access_token": "a.b.c",
    "token_type": "Bearer",
    "expires_in": 300,
    "authorization_details": [{"type": "kkp_key", **KEY}],
}
EXCHANGED: dict[str, Any] = {**GRANTED, "issued_token_type": ACCESS_TOKEN}
CALLS: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "grant_token": (GRANTED, lambda client: client.grant_token(**WANTED)),
    "exchange_token": (EXCHANGED, lambda client: client.exchange_token(SUBJECT)),
}


def replying(status: int, **response: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, **response)


NOTHING: Callable[[Any], Any] = lambda client: client.revoke_token(SUBJECT)  # noqa: E731


def changed(answer: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return the answer with the member at path set to value, or left out for `...`."""
    *parents, last = path.split(".")
    copy = json.loads(json.dumps(answer))
    place = copy
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", CALLS)
def test_takes_members_of_a_later_version(connect: Connect, name: str) -> None:
    answer, call = CALLS[name]
    later = changed(changed(answer, "refresh_token", "x"), "authorization_details.0.later", 1)
    assert call(connect(replying(200, json=later))).access_token == "a.b.c"  # noqa: S105


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("access_token", [..., None, "", 5, "a b", "a\r\nX-Admin: 1", "a\u00e9", ["a.b.c"]]),
        ("token_type", [..., None, "", 5, "DPoP", "bearer", "Bearer ", "N_A", "mac"]),
        ("expires_in", [..., None, "300", True, -1, 1.5, 2**53]),
        (
            "scope",
            [None, "", 5, "admin", "decrypt admin", "decrypt  encrypt", " decrypt", "decrypt decrypt"],
        ),
        (
            "authorization_details",
            [..., None, [], {}, "x", [None], ["kkp_key"], GRANTED["authorization_details"] * 2],
        ),
        ("authorization_details.0.type", [..., None, "", "other", "KKP_KEY"]),
        ("authorization_details.0.backend", [..., None, "", 5]),
        ("authorization_details.0.key_id", [..., None, "", 5, ["k"]]),
        ("authorization_details.0.policy_claims", [None, [], "x"]),
    ],
)
def test_refuses_a_member_that_is_missing_or_of_another_form(
    connect: Connect, name: str, path: str, values: list[object]
) -> None:
    answer, call = CALLS[name]
    if path == "scope":
        answer = {**answer, "scope": "decrypt"}
        assert call(connect(replying(200, json=answer))).ops == ("decrypt",)
    for value in values:
        with pytest.raises(KkpProtocolError, match=path.split(".")[0 if "type" in path else -1]):
            call(connect(replying(200, json=changed(answer, path, value))))


@pytest.mark.parametrize(
    "value", [..., None, "", 5, [], {}, "urn:ietf:params:oauth:token-type:refresh_token"]
)
def test_an_exchange_says_what_it_has_issued(connect: Connect, value: object) -> None:
    with pytest.raises(KkpProtocolError, match="issued_token_type"):
        connect(replying(200, json=changed(EXCHANGED, "issued_token_type", value))).exchange_token(SUBJECT)


def test_an_exchange_may_issue_a_jwt(connect: Connect) -> None:
    answer = {**EXCHANGED, "issued_token_type": JWT}
    assert connect(replying(200, json=answer)).exchange_token(SUBJECT).issued_token_type == JWT


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"<html>", b"\xff", b'{"a":1,"a":2}'])
def test_refuses_a_body_that_is_not_a_strict_json_object(connect: Connect, name: str, content: bytes) -> None:
    with pytest.raises(KkpProtocolError):
        CALLS[name][1](connect(replying(200, content=content)))


@pytest.mark.parametrize("content", [b"<html>", b'{"active":false}', b"null", b"\0"])
def test_a_body_says_nothing_of_a_token_taken_back(connect: Connect, content: bytes) -> None:
    assert connect(replying(200, content=content)).revoke_token(SUBJECT) is None


@pytest.mark.parametrize("name", [*CALLS, "revoke_token"])
@pytest.mark.parametrize("status", [201, 204, 302, 307])
def test_no_other_status_is_a_good_answer(connect: Connect, name: str, status: int) -> None:
    call = CALLS[name][1] if name in CALLS else NOTHING
    with pytest.raises(KkpProtocolError):
        call(connect(replying(status, json=EXCHANGED, headers={"Location": "https://evil.example/"})))


def test_tokens_are_in_no_repr() -> None:
    granted = GrantedToken("tok.en.secret", "Bearer", 1, "aws", "k", {}, None)
    exchanged = ExchangedToken("tok.en.secret", "Bearer", 1, "aws", "k", {}, None, ACCESS_TOKEN)
    assert "secret" not in repr([granted, exchanged])


ERRORS: list[tuple[int, str, str, type[sdk.KkpApiError]]] = [
    (400, "invalid_request", "invalid_request", sdk.InvalidRequest),
    (413, "invalid_request", "invalid_request", sdk.InvalidRequest),
    (415, "invalid_request", "invalid_request", sdk.InvalidRequest),
    (401, "invalid_client", "unauthenticated", sdk.Unauthenticated),
    (400, "invalid_grant", "invalid_grant", sdk.InvalidGrant),
    (400, "invalid_target", "invalid_target", sdk.InvalidTarget),
    (400, "invalid_scope", "invalid_scope", sdk.InvalidScope),
    (
        400,
        "invalid_authorization_details",
        "invalid_authorization_details",
        sdk.InvalidAuthorizationDetails,
    ),
    (400, "unsupported_grant_type", "unsupported_grant_type", sdk.UnsupportedGrantType),
    (400, "invalid_dpop_proof", "invalid_dpop_proof", sdk.InvalidDpopProof),
    (400, "access_denied", "policy_denied", sdk.PolicyDenied),
    (429, "temporarily_unavailable", "rate_limited", sdk.RateLimited),
    (503, "temporarily_unavailable", "internal_error", sdk.InternalError),
    (500, "server_error", "internal_error", sdk.InternalError),
    (400, "unauthorized_client", "unauthorized_client", sdk.KkpApiError),
]


@pytest.mark.parametrize("name", [*CALLS, "revoke_token"])
@pytest.mark.parametrize(("status", "word", "code", "error"), ERRORS)
def test_each_word_of_oauth_has_its_class(
    connect: Connect, name: str, status: int, word: str, code: str, error: type
) -> None:
    body = {"error": word, "error_description": "Not so."}
    reply = replying(status, json=body, headers={"Retry-After": "7"})
    call = CALLS[name][1] if name in CALLS else NOTHING
    with pytest.raises(sdk.KkpApiError) as caught:
        call(connect(reply))
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.code, caught.value.message) == (status, code, "Not so.")
    assert (caught.value.instance, caught.value.retry_after) == (None, 7)


def test_a_server_without_these_routes_answers_as_ever(connect: Connect) -> None:
    with pytest.raises(sdk.NotFound) as caught:
        connect(replying(404, json=problem(404, "not_found"))).grant_token(**WANTED)
    assert caught.value.instance == "urn:uuid:1"


def test_other_routes_do_not_speak_oauth(connect: Connect) -> None:
    body = {"error": "invalid_client", "error_description": "No."}
    with pytest.raises(KkpProtocolError):
        connect(replying(401, json=body)).rotate()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"error": "invalid_grant"},
        {"error_description": "No."},
        {"error": 5, "error_description": "No."},
        {"error": ["invalid_grant"], "error_description": "No."},
        {"error": "invalid_grant", "error_description": None},
        {"error": "invalid_grant", "error_description": ["No."]},
        [],
        "invalid_grant",
    ],
)
def test_an_answer_that_is_not_kkps_is_a_protocol_error(connect: Connect, body: object) -> None:
    for _, call in CALLS.values():
        with pytest.raises(KkpProtocolError, match="neither a result nor an error of KKP"):
            call(connect(replying(400, json=body)))


@pytest.mark.parametrize(
    "response",
    [
        {"status_code": 400, "json": {"error": "invalid_grant", "error_description": "No."}},
        {"status_code": 200, "json": changed(EXCHANGED, "access_token", "SECRET CANARY")},
        {"status_code": 200, "json": changed({**EXCHANGED, "access_token": "CANARY"}, "token_type", "x")},
        {"status_code": 200, "content": b"CANARY\xff"},
        {"status_code": 502, "content": b"CANARY"},
    ],
)
def test_no_error_shows_a_token(connect: Connect, response: dict[str, Any]) -> None:
    subject = token(sub="somebody")
    with pytest.raises(sdk.KkpError) as caught:
        connect(lambda request: httpx.Response(**response)).exchange_token(subject, client_id="somebody")
    shown = [str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)]
    assert "CANARY" not in "".join(shown)
    assert subject not in "".join(shown)
