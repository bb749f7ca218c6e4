"""Taking tokens back, and what verification makes of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp, problem
from tokens import CLAIMS, KID, NOW, b64, jwk, jwks, revocation_list, sign, token

from kkp import (
    AsyncRemoteRevocations,
    Claims,
    Client,
    Introspection,
    InvalidRequest,
    KeySetError,
    KkpProtocolError,
    RemoteRevocations,
    RevocationList,
    RevocationsError,
    Revoked,
    TokenVerificationError,
    import_jwks,
    read_revocations,
    verify_token,
    verify_token_async,
)

Connect = Callable[..., Any]
RULES: list[dict[str, Any]] = [
    {"jti": CLAIMS["jti"]},
    {"subject": "billing"},
    {"backend": "aws", "key_id": "alias/orders"},
    {"kid": KID},
    {"before": NOW},
]


def answering(answer: object, status: int = 200) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json=answer)


@pytest.mark.parametrize("rule", RULES)
def test_revoke_posts_one_rule_and_returns_the_rule_that_holds(
    connect: Connect, kkp: FakeKkp, rule: dict[str, Any]
) -> None:
    holds = {**rule, "issued_until": NOW}
    kkp.replies["/revoke"] = answering({"rule": holds, "expires_at": NOW + 960})
    assert connect(kkp).revoke(**rule) == Revoked(rule=holds, expires_at=NOW + 960)
    assert [(request.method, request.url.path) for request in kkp.requests] == [("POST", "/revoke")]
    assert kkp.bodies == [rule]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"jti": None},
        {"jti": "a", "subject": "b"},
        {"jti": "a", "kid": "b"},
        {"subject": "a", "before": 1},
        {"subject": "a", "backend": "aws", "key_id": "b"},
        {"backend": "aws"},
        {"key_id": "a"},
        {"backend": "aws", "key_id": None},
        {"backend": "aws", "key_id": "a", "before": 1},
        {"jti": "a", "key_id": "b"},
    ],
)
def test_revoke_sends_nothing_but_exactly_one_rule(
    connect: Connect, kkp: FakeKkp, rule: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="exactly one of"):
        connect(kkp).revoke(**rule)
    assert kkp.requests == []


@pytest.mark.parametrize("rule", [{"jti": ""}, {"before": 0}, {"backend": "", "key_id": ""}])
def test_revoke_leaves_values_to_kkp(connect: Connect, kkp: FakeKkp, rule: dict[str, Any]) -> None:
    kkp.replies["/revoke"] = answering(problem(400, "invalid_request"), 400)
    with pytest.raises(InvalidRequest):
        connect(kkp).revoke(**rule)
    assert kkp.bodies == [rule]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"rule": {}},
        {"expires_at": 1},
        {"rule": None, "expires_at": 1},
        {"rule": [], "expires_at": 1},
        {"rule": "x", "expires_at": 1},
        {"rule": {}, "expires_at": "1"},
        {"rule": {}, "expires_at": None},
        {"rule": {}, "expires_at": True},
    ],
)
def test_revoke_refuses_another_answer(connect: Connect, answer: object) -> None:
    with pytest.raises(KkpProtocolError):
        connect(answering(answer)).revoke(kid="k")


def test_introspect_returns_the_claims_of_a_token_that_is_active(connect: Connect, kkp: FakeKkp) -> None:
    kkp.replies["/introspect"] = answering({**CLAIMS, "active": True, "ops": ["encrypt"]})
    told = connect(kkp).introspect("a.b.c")
    assert told == Introspection(active=True, claims=Claims(**CLAIMS, extra={"ops": ["encrypt"]}))
    assert bool(told) is True
    assert kkp.bodies == [{"token": "a.b.c"}]
    assert kkp.requests[0].url.path == "/introspect"


def test_introspect_tells_nothing_of_a_token_that_is_not(connect: Connect) -> None:
    told = connect(answering({**CLAIMS, "active": False})).introspect("a.b.c")
    assert told == Introspection(active=False, claims=None)
    assert bool(told) is False


@pytest.mark.parametrize(
    "answer",
    [
        {},
        CLAIMS,
        {"active": True},
        {"active": None},
        {**CLAIMS, "active": 1},
        {**CLAIMS, "active": "true"},
        {**CLAIMS, "active": None},
        {**CLAIMS, "active": True, "exp": "1"},
        {**CLAIMS, "active": True, "sub": ""},
        {"active": 0},
    ],
)
def test_introspect_refuses_another_answer(connect: Connect, answer: object) -> None:
    with pytest.raises(KkpProtocolError):
        connect(answering(answer)).introspect("a.b.c")


def test_introspect_shows_the_token_to_nobody_else() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500, json=problem(500, "internal_error"))

    client = Client("https://kkp.example", http_client=httpx.Client(transport=httpx.MockTransport(fail)))
    with pytest.raises(Exception, match="internal_error") as caught:
        client.introspect("SECRET")
    assert "SECRET" not in repr(caught.value)


KEYS = import_jwks(jwks(jwk(), jwk(kid="key-2", seed=2)))


def read(text: str, **options: Any) -> RevocationList:
    return read_revocations(text, KEYS, **{"clock": lambda: NOW, **options})


def verify(kind: str, text: str, revocations: Any) -> Claims:
    if kind == "sync":
        return verify_token(text, KEYS, now=NOW, extra_claims=["act"], revocations=revocations)
    return asyncio.run(verify_token_async(text, KEYS, now=NOW, extra_claims=["act"], revocations=revocations))


both = pytest.mark.parametrize("kind", ["sync", "async"])


@both
@pytest.mark.parametrize(
    ("rule", "spared"),
    [
        ({"jti": CLAIMS["jti"]}, {"jti": CLAIMS["jti"].replace("3", "4")}),
        ({"subject": "billing", "issued_until": NOW}, {"sub": "billing2"}),
        ({"subject": "billing", "issued_until": NOW - 1}, {"sub": "billing2"}),
        ({"backend": "aws", "key_id": "alias/orders", "issued_until": NOW}, {"backend": "gcp"}),
        ({"backend": "aws", "key_id": "alias/orders", "issued_until": NOW}, {"key_id": "alias/other"}),
        ({"before": NOW + 1}, {"iat": NOW + 1}),
    ],
)
def test_a_token_that_was_taken_back_is_refused_and_another_is_not(
    kind: str, rule: dict[str, Any], spared: dict[str, Any]
) -> None:
    revocations = read(revocation_list({**rule, "expires_at": NOW + 960}))
    with pytest.raises(TokenVerificationError) as caught:
        verify(kind, token(iat=NOW - 1), revocations)
    assert caught.value.reason == "revoked"
    assert verify(kind, token(**{"iat": NOW - 1, **spared}), revocations).aud == "orders"


@both
def test_what_a_revoked_key_signed_is_refused(kind: str) -> None:
    by_key_2 = sign({"alg": "EdDSA", "typ": "JWT", "kid": "key-2"}, CLAIMS, seed=2)
    revocations = read(revocation_list({"kid": "key-2", "expires_at": NOW + 960}))
    with pytest.raises(TokenVerificationError, match="revoked"):
        verify(kind, by_key_2, revocations)
    assert verify(kind, token(), revocations).sub == "billing"


@both
def test_whoever_acts_for_another_is_refused_too(kind: str) -> None:
    revocations = read(revocation_list({"subject": "robot", "issued_until": NOW, "expires_at": NOW + 960}))
    chain = {"sub": "a", "act": {"sub": "robot"}}
    for actor in ({"sub": "robot"}, chain):
        with pytest.raises(TokenVerificationError, match="revoked"):
            verify(kind, token(act=actor), revocations)
    assert verify(kind, token(act={"sub": "a", "iss": "robot"}), revocations).sub == "billing"


@both
def test_a_token_that_is_not_good_is_not_looked_up(kind: str) -> None:
    revocations = read(revocation_list({"before": NOW + 99, "expires_at": NOW + 960}))
    for text, reason in (
        ("a.b.c", "malformed"),
        (token(sub=""), "bad_claims"),
        (token(iat=NOW - 9, exp=NOW), "expired"),
        (token()[:-86] + "A" * 86, "bad_signature"),
    ):
        with pytest.raises(TokenVerificationError) as caught:
            verify(kind, text, revocations)
        assert caught.value.reason == reason


@both
def test_a_list_at_its_end_tells_nothing(kind: str) -> None:
    now = [NOW + 0.0]
    revocations = read(revocation_list(), clock=lambda: now[0])
    assert (revocations.issued_at, revocations.expires_at) == (NOW, NOW + 60)
    now[0] = NOW + 59.999
    assert verify(kind, token(), revocations).sub == "billing"
    for moment in (NOW + 60, NOW + 61, NOW + 9999):
        now[0] = moment
        with pytest.raises(RevocationsError) as caught:
            verify(kind, token(), revocations)
        assert caught.value.reason == "expired"


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("sync", AsyncRemoteRevocations("https://kkp.example/list", KEYS)),
        ("async", RemoteRevocations("https://kkp.example/list", KEYS)),
        ("sync", revocation_list()),
        ("async", revocation_list()),
        ("sync", []),
        ("async", {}),
        ("sync", False),
    ],
)
def test_what_cannot_tell_is_refused(kind: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match="revocations must be"):
        verify(kind, token(), wrong)


def test_options_reach_the_list() -> None:
    text = revocation_list(iss="https://kkp.example", iat=NOW + 20, exp=NOW + 120)
    assert read(text, issuer="https://kkp.example", clock_skew_seconds=20).expires_at == NOW + 120
    for options, reason in (
        ({"clock_skew_seconds": 19}, "not_yet_valid"),
        ({"clock_skew_seconds": 20, "max_lifetime_seconds": 99}, "lifetime_exceeded"),
        ({"clock_skew_seconds": 20, "issuer": "https://kkp.example/"}, "wrong_issuer"),
    ):
        with pytest.raises(RevocationsError) as caught:
            read(text, **options)
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    "options",
    [
        {"clock_skew_seconds": 61},
        {"clock_skew_seconds": -1},
        {"max_lifetime_seconds": 0},
        {"max_lifetime_seconds": float("nan")},
        {"clock": lambda: float("nan")},
    ],
)
def test_options_that_would_switch_a_check_off_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|NaN"):
        read(revocation_list(), **options)


def test_keys_that_must_not_be_trusted_are_refused_before_the_list_is_read() -> None:
    with pytest.raises(KeySetError):
        read_revocations("nonsense", jwks(jwk(x=b64(bytes(32)))))
    for make in (RemoteRevocations, AsyncRemoteRevocations):
        with pytest.raises(KeySetError):
            make("https://kkp.example/list", jwks(jwk(x=b64(bytes(32)))))


def test_a_list_of_20000_rules_is_read() -> None:
    rules = [{"subject": f"s{n}", "issued_until": NOW, "expires_at": NOW + 960} for n in range(20_000)]
    revocations = read(revocation_list(*rules))
    assert revocations.covers(Claims(**{**CLAIMS, "sub": "s19999"}), KID)
    assert not revocations.covers(Claims(**{**CLAIMS, "sub": "s20000"}), KID)


def test_a_list_longer_than_16_mib_is_refused() -> None:
    def of_length(length: int) -> str:
        rule = {"subject": "", "issued_until": NOW, "expires_at": NOW + 960}
        spare = (length - len(revocation_list(rule))) * 3 // 4
        return revocation_list({**rule, "subject": "s" * spare})

    most = 16 * 1024 * 1024
    assert len(of_length(most)) in (most - 1, most)
    assert read(of_length(most)).expires_at == NOW + 60
    with pytest.raises(RevocationsError) as caught:
        read(of_length(most + 4))
    assert caught.value.reason == "malformed"


@both
def test_of_two_rules_about_one_thing_the_longer_one_counts(kind: str) -> None:
    shorter, longer = (
        {"subject": "billing", "issued_until": NOW + n, "expires_at": NOW + 960} for n in (-9, 0)
    )
    for rules in ([shorter, longer], [longer, shorter]):
        with pytest.raises(TokenVerificationError, match="revoked"):
            verify(kind, token(), read(revocation_list(*rules)))


def test_no_error_shows_the_list() -> None:
    for text in ("SECRET", revocation_list({"subject": "SECRET"}), revocation_list(SECRET=1)):
        with pytest.raises(RevocationsError) as caught:
            read(text)
        assert "SECRET" not in str(caught.value) + repr(caught.value)
