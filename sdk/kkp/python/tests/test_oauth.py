"""The calls to KKP's routes of OAuth: the forms that they send, and for whom."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp
from tokens import NOW, jwks, token

from kkp import ApiKey, Client, ExchangedToken, GrantedToken, verify_token
from kkp._types import ACCESS_TOKEN

Connect = Callable[..., Any]
KEY = {"backend": "aws", "key_id": "alias/orders"}
WANTED: dict[str, Any] = {"audience": "reports", **KEY}
JWT = "urn:ietf:params:oauth:token-type:jwt"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SUBJECT = token()


CALLS: dict[str, Callable[[Any], Any]] = {
    "grant_token": lambda client: client.grant_token(**WANTED),
    "exchange_token": lambda client: client.exchange_token(SUBJECT),
    "revoke_token": lambda client: client.revoke_token(SUBJECT),
}


def details_of(**members: object) -> str:
    return json.dumps([{"type": "kkp_key", **members}], separators=(",", ":"))


def test_grant_token_asks_for_the_client_itself(connect: Connect, kkp: FakeKkp) -> None:
    granted = connect(kkp).grant_token(**WANTED)
    assert kkp.bodies == [
        {
            "grant_type": "client_credentials",
            "audience": "reports",
            "authorization_details": details_of(**KEY),
        }
    ]
    assert [request.url.path for request in kkp.requests] == ["/oauth/token"]
    assert type(granted) is GrantedToken
    assert granted == GrantedToken(granted.access_token, "Bearer", 300, **KEY, policy_claims={}, ops=None)
    assert verify_token(granted.access_token, jwks(), audience="reports", now=NOW).sub == "svc-billing"


def test_grant_token_sends_every_option(connect: Connect, kkp: FakeKkp) -> None:
    granted = connect(kkp).grant_token(
        **WANTED,
        ttl_seconds=60,
        policy_claims={"environment": "prod", "\u00e9": [1, None]},
        ops=("encrypt", "data_key"),
        client_id="dev & co=\u00e9",
    )
    (form,) = kkp.bodies
    details = json.loads(form.pop("authorization_details"))
    assert details == [
        {"type": "kkp_key", **KEY, "policy_claims": {"environment": "prod", "\u00e9": [1, None]}}
    ]
    assert form == {
        "grant_type": "client_credentials",
        "audience": "reports",
        "ttl_seconds": "60",
        "scope": "encrypt data_key",
        "client_id": "dev & co=\u00e9",
    }
    assert (granted.expires_in, granted.ops) == (60, ("encrypt", "data_key"))
    assert granted.policy_claims == {"environment": "prod", "\u00e9": [1, None]}


def test_exchange_token_sends_only_what_was_given(connect: Connect, kkp: FakeKkp) -> None:
    exchanged = connect(kkp).exchange_token(SUBJECT)
    assert kkp.bodies == [
        {"grant_type": EXCHANGE, "subject_token": SUBJECT, "subject_token_type": ACCESS_TOKEN}
    ]
    assert type(exchanged) is ExchangedToken
    assert (exchanged.token_type, exchanged.issued_token_type) == ("Bearer", ACCESS_TOKEN)
    claims = verify_token(exchanged.access_token, jwks(), now=NOW, extra_claims=["act"])
    assert (claims.sub, claims.extra) == ("billing", {"act": {"sub": "svc-gateway"}})


def test_exchange_token_sends_every_option(connect: Connect, kkp: FakeKkp) -> None:
    connect(kkp).exchange_token(
        SUBJECT,
        subject_token_type=JWT,
        **WANTED,
        ttl_seconds=1,
        policy_claims={},
        ops=["decrypt"],
        client_id="dev",
    )
    assert kkp.bodies == [
        {
            "grant_type": EXCHANGE,
            "subject_token": SUBJECT,
            "subject_token_type": JWT,
            "audience": "reports",
            "authorization_details": details_of(**KEY, policy_claims={}),
            "scope": "decrypt",
            "ttl_seconds": "1",
            "client_id": "dev",
        }
    ]


@pytest.mark.parametrize("part", [{"backend": "aws"}, {"key_id": "k"}, {"policy_claims": {"a": 1}}])
def test_exchange_token_leaves_it_to_kkp_to_refuse_half_a_key(
    connect: Connect, kkp: FakeKkp, part: dict[str, Any]
) -> None:
    connect(kkp).exchange_token(SUBJECT, **part)
    assert kkp.bodies[0]["authorization_details"] == details_of(**part)


def test_revoke_token_sends_the_token(connect: Connect, kkp: FakeKkp) -> None:
    assert connect(kkp).revoke_token(SUBJECT) is None
    assert kkp.bodies == [{"token": SUBJECT}]
    assert [request.url.path for request in kkp.requests] == ["/oauth/revoke"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"audience": ""}, ValueError),
        ({"audience": "\ud800"}, ValueError),
        ({"audience": 5}, TypeError),
        ({"audience": ["reports", "payroll"]}, TypeError),
        ({"client_id": ""}, ValueError),
        ({"ops": []}, ValueError),
        ({"ops": [""]}, ValueError),
        ({"ops": "decrypt"}, TypeError),
        ({"ops": [5]}, TypeError),
        ({"key_id": "\ud800"}, ValueError),
        ({"policy_claims": {"a": float("nan")}}, ValueError),
        ({"policy_claims": {"a": b"x"}}, TypeError),
        ({"timeout": 0}, ValueError),
        ({"scope": "decrypt"}, TypeError),
        ({"subject": "somebody"}, TypeError),
    ],
)
def test_bad_arguments_are_refused_and_not_sent(
    connect: Connect, kkp: FakeKkp, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        connect(kkp).grant_token(**{**WANTED, **arguments})
    with pytest.raises(error):
        connect(kkp).exchange_token(SUBJECT, **{**WANTED, **arguments})
    assert kkp.requests == []


@pytest.mark.parametrize(("text", "error"), [("", ValueError), ("\ud800", ValueError), (b"a.b.c", TypeError)])
def test_what_is_no_text_is_no_token(
    connect: Connect, kkp: FakeKkp, text: Any, error: type[Exception]
) -> None:
    for name in ("exchange_token", "revoke_token"):
        with pytest.raises(error, match="token must be"):
            getattr(connect(kkp), name)(text)
    assert kkp.requests == []


def test_grant_token_wants_an_audience_and_a_key(connect: Connect, kkp: FakeKkp) -> None:
    for name in WANTED:
        with pytest.raises(TypeError, match=name):
            connect(kkp).grant_token(**{key: value for key, value in WANTED.items() if key != name})
    assert kkp.requests == []


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("credentials", "header", "value"),
    [
        ("a.jwt.of-mine", "Authorization", "Bearer a.jwt.of-mine"),
        (lambda: "asked-for", "Authorization", "Bearer asked-for"),
        (ApiKey("kkp:key"), "X-API-Key", "kkp:key"),
        (ApiKey(lambda: "later"), "X-API-Key", "later"),
    ],
)
def test_each_credential_says_who_asks(
    connect: Connect, kkp: FakeKkp, name: str, credentials: Any, header: str, value: str
) -> None:
    client = connect(kkp, credentials=credentials)
    CALLS[name](client)
    shown = [request.headers.get(name) for request in kkp.requests for name in ("Authorization", "X-API-Key")]
    assert [text for text in shown if text is not None] == [value]
    assert kkp.requests[0].headers[header] == value


def test_a_client_without_one_sends_none(connect: Connect, kkp: FakeKkp) -> None:
    connect(kkp).exchange_token(SUBJECT)
    assert kkp.requests[0].headers.keys().isdisjoint({"authorization", "x-api-key", "dpop"})


def test_an_http_client_may_authenticate_by_client_secret_basic(kkp: FakeKkp) -> None:
    http = httpx.Client(transport=httpx.MockTransport(kkp), auth=("svc-billing", "secret"))
    Client("http://kkp.example", http_client=http).grant_token(**WANTED)
    assert kkp.requests[0].headers["Authorization"].startswith("Basic ")
