import copy
import json
import pickle
from typing import Any

import pytest
from tokens import (
    CLAIMS,
    HEADER,
    KID,
    NOW,
    b64,
    jwk,
    jwks,
    private_key,
    sign,
    sign_with_identity,
    token,
    token_with_payload_text,
)

from kkp import Claims, KeySetError, TokenVerificationError, import_jwks, verify_token

GOOD = token()
HEAD, BODY, SIGNATURE = GOOD.split(".")


def verify(text: Any, keys: Any = None, **options: Any) -> Claims:
    return verify_token(text, jwks() if keys is None else keys, **{"now": NOW, **options})


def reason_of(text: Any, keys: Any = None, **options: Any) -> str:
    with pytest.raises(TokenVerificationError) as caught:
        verify(text, keys, **options)
    return caught.value.reason


def header(**changes: object) -> str:
    members = {**HEADER, **changes}
    return sign({name: value for name, value in members.items() if value is not ...}, CLAIMS)


def test_returns_the_claims_of_a_good_token() -> None:
    claims = verify(GOOD, audience="orders")
    assert claims == Claims(**CLAIMS)
    assert claims.to_dict() == CLAIMS
    assert claims.extra == {}


@pytest.mark.parametrize("keys", [jwks(jwk(kid="other", seed=2), jwk()), import_jwks(jwks())])
def test_finds_the_key_by_kid(keys: Any) -> None:
    assert verify(GOOD, keys).sub == "billing"


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"a.b.c",
        "",
        ".",
        "..",
        "...",
        HEAD,
        f"{HEAD}.{BODY}",
        f"{HEAD}.{BODY}.",
        f".{BODY}.{SIGNATURE}",
        f"{HEAD}..{SIGNATURE}",
        f"{GOOD}.",
        f"{GOOD}.{SIGNATURE}",
        f"{GOOD}=",
        f"{GOOD}==",
        f"{GOOD}\n",
        f" {GOOD}",
        f"{HEAD}.{BODY} .{SIGNATURE}",
        f"{HEAD}.{BODY}.{SIGNATURE[:-1]}",
        f"{HEAD}.{BODY}+.{SIGNATURE}",
        f"{HEAD}.{BODY}.{SIGNATURE[:-2]}/w",
        f"{HEAD}.{BODY}.{SIGNATURE}\u00e9",
        f"{HEAD}.{BODY}.{SIGNATURE[:-1]}\uff21",
        "a" * 8193,
    ],
)
def test_refuses_what_is_not_a_compact_jwt(text: Any) -> None:
    assert reason_of(text) == "malformed"


def test_refuses_the_other_spellings_of_the_last_signature_character() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spellings = [GOOD[:-1] + last for last in alphabet]
    accepted = []
    for spelling in spellings:
        try:
            verify(spelling)
            accepted.append(spelling)
        except TokenVerificationError:
            pass
    assert accepted == [GOOD]
    canonical = {"A", "Q", "g", "w"}
    assert {reason_of(GOOD[:-1] + last) for last in set(alphabet) - canonical} == {"malformed"}


def test_takes_a_token_of_8192_characters_and_no_more() -> None:
    def of_length(length: int) -> str:
        for padding in range(length * 3 // 4 - 700, length):
            text = token(sub="s" * padding)
            if len(text) >= length:
                return text
        raise AssertionError

    assert len(of_length(8192)) == 8192
    assert verify(of_length(8192)).aud == "orders"
    assert reason_of(of_length(8193)) == "malformed"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'"JWT"',
        b"null",
        b"\xff",
        b'\xef\xbb\xbf{"alg":"EdDSA","typ":"JWT","kid":"key-1"}',
        b'{"alg":"EdDSA","alg":"EdDSA","typ":"JWT","kid":"key-1"}',
        b'{"alg":"none","\\u0061lg":"EdDSA","typ":"JWT","kid":"key-1"}',
        b'{"alg":"EdDSA","typ":"JWT","kid":"key-1\\ud800"}',
        b'{"alg":"EdDSA","typ":"JWT","kid":NaN}',
        b'{"alg":"EdDSA","typ":"JWT","kid":1e999}',
        b'{"alg":"EdDSA","typ":"JWT","kid":"key-1"}{}',
        b'{"alg":' + b"[" * 32 + b"]" * 32 + b"}",
    ],
)
def test_refuses_a_header_that_is_not_a_strict_json_object(data: bytes) -> None:
    assert reason_of(sign(data, CLAIMS)) == "malformed"


@pytest.mark.parametrize(
    "text",
    [
        header(alg="none"),
        header(alg="eddsa"),
        header(alg="Ed25519"),
        header(alg="HS256"),
        header(alg=["EdDSA"]),
        header(alg=...),
        header(typ="at+jwt"),
        header(typ="jwt"),
        header(typ=...),
        header(kid=...),
        header(kid=None),
        header(kid=1),
        header(kid=[KID]),
        header(kid=""),
        header(kid="a" * 65),
        header(kid=KID + "\n"),
        header(kid="../key-1"),
        header(kid="k\u00e9y"),
        header(crit=["exp"]),
        header(b64=False),
        header(jwk=jwk()),
        header(jku="https://evil.example/keys"),
        sign({}, CLAIMS),
    ],
)
def test_refuses_a_header_with_other_members_or_values(text: str) -> None:
    assert reason_of(text, jwks(jwk(), jwk(kid="a" * 64, seed=2))) == "unsupported_header"


def test_takes_a_kid_of_64_characters() -> None:
    assert verify(sign({**HEADER, "kid": "_-" * 32}, CLAIMS), jwks(jwk(kid="_-" * 32))).sub == "billing"


@pytest.mark.parametrize(
    "keys", [{"keys": []}, jwks(jwk(kid="key-2")), jwks(jwk(kid="KEY-1")), jwks(jwk(use="enc"))]
)
def test_refuses_a_kid_that_is_not_among_the_keys(keys: Any) -> None:
    assert reason_of(GOOD, keys) == "unknown_key"


def with_signature(signature: bytes) -> str:
    return f"{HEAD}.{BODY}.{b64(signature)}"


GOOD_SIGNATURE = private_key().sign(f"{HEAD}.{BODY}".encode())
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
S_PLUS_ORDER = (int.from_bytes(GOOD_SIGNATURE[32:], "little") + GROUP_ORDER).to_bytes(32, "little")


@pytest.mark.parametrize(
    "text",
    [
        sign(HEADER, CLAIMS, seed=2),
        with_signature(b"x"),
        with_signature(GOOD_SIGNATURE[:63]),
        with_signature(GOOD_SIGNATURE + b"\0"),
        with_signature(bytes(64)),
        with_signature(bytes([GOOD_SIGNATURE[0] ^ 1]) + GOOD_SIGNATURE[1:]),
        with_signature(GOOD_SIGNATURE[:32] + S_PLUS_ORDER),
        with_signature(GOOD_SIGNATURE[32:] + GOOD_SIGNATURE[:32]),
        f"{HEAD}.{b64(json.dumps({**CLAIMS, 'sub': 'admin'}).encode())}.{SIGNATURE}",
        f"{b64(json.dumps({**HEADER, 'kid': 'key-2'}).encode())}.{BODY}.{SIGNATURE}",
    ],
)
def test_refuses_a_signature_of_another_key_or_message(text: str) -> None:
    assert reason_of(text, jwks(jwk(), jwk(kid="key-2", seed=3))) == "bad_signature"


def test_refuses_a_signature_with_an_r_of_small_order() -> None:
    # OpenSSL 3.0 takes it and 3.5 does not.
    assert reason_of(sign_with_identity(HEADER, CLAIMS)) == "bad_signature"


def test_reads_no_payload_before_its_signature_has_passed() -> None:
    assert reason_of(f"{HEAD}.{b64(b'not json')}.{SIGNATURE}") == "bad_signature"
    assert reason_of(sign(HEADER, b"not json")) == "malformed"


def test_refuses_a_key_set_with_a_bad_key_before_looking_at_the_token() -> None:
    with pytest.raises(KeySetError):
        verify("nonsense", jwks(jwk(), jwk(kid="bad", x=b64(bytes(32)))))


@pytest.mark.parametrize(
    "text",
    [
        sign(HEADER, b"[]"),
        sign(HEADER, b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode()),
        sign(HEADER, json.dumps(CLAIMS).encode()[:-1] + b',"sub":"admin"}'),
        sign(HEADER, json.dumps(CLAIMS).encode("utf-16-le")),
        token_with_payload_text(policy_claims='{"a":1,"a":1}'),
        token_with_payload_text(policy_claims='{"a":1e400}'),
        token_with_payload_text(policy_claims='{"a":' + "9" * 400 + "}"),
        token_with_payload_text(policy_claims='{"a":NaN}'),
        token_with_payload_text(policy_claims='{"a":"\\ud800"}'),
        token_with_payload_text(policy_claims='{"\\udfff":1}'),
        token_with_payload_text(policy_claims='{"a":' + "[" * 31 + "]" * 31 + "}"),
        token_with_payload_text(sub='"\\udc00"'),
        token_with_payload_text(exp="Infinity"),
        token_with_payload_text(exp="1e400"),
    ],
)
def test_refuses_a_signed_payload_that_is_not_strict_json(text: str) -> None:
    assert reason_of(text) == "malformed"


@pytest.mark.parametrize("name", sorted(CLAIMS))
@pytest.mark.parametrize("value", [..., None, True, 7, [], ["orders"], ""])
def test_refuses_a_claim_that_is_missing_or_of_another_type(name: str, value: object) -> None:
    if name in ("exp", "iat") and value == 7:
        value = "1700000000"
    assert reason_of(token(**{name: value})) == "bad_claims"


@pytest.mark.parametrize("name", ["exp", "iat"])
@pytest.mark.parametrize("text", ["false", "-1", "1700000000.5", "9007199254740992", "1e300", "{}", '"1"'])
def test_refuses_times_that_are_not_integers_in_range(name: str, text: str) -> None:
    assert reason_of(token_with_payload_text(**{name: text})) == "bad_claims"


@pytest.mark.parametrize("text", ["1.7000001e9", "1700000100.0", "170000010e1", "17000001000e-1"])
def test_takes_times_that_are_integers_by_value(text: str) -> None:
    claims = verify(token_with_payload_text(exp=text))
    assert claims.exp == NOW + 100
    assert type(claims.exp) is int


@pytest.mark.parametrize(
    "jti",
    [
        "3F2A7C1E-9B7D-4C55-8A10-5D7B1C9E0F42",
        "3f2a7c1e9b7d4c558a105d7b1c9e0f42",
        "3f2a7c1e-9b7d-4c55-8a10-5d7b1c9e0f4",
        "3f2a7c1e-9b7d-4c55-8a10-5d7b1c9e0f42\n",
        "{3f2a7c1e-9b7d-4c55-8a10-5d7b1c9e0f42}",
        "3f2a7c1g-9b7d-4c55-8a10-5d7b1c9e0f42",
    ],
)
def test_refuses_a_jti_that_is_not_a_lower_case_uuid(jti: str) -> None:
    assert reason_of(token(jti=jti)) == "bad_claims"


def test_refuses_claims_nobody_asked_for() -> None:
    assert reason_of(token(iss="https://kkp.example")) == "bad_claims"
    assert reason_of(token(iss="https://kkp.example"), extra_claims=["nbf"]) == "bad_claims"
    assert reason_of(token(nbf=NOW, iss="x"), extra_claims={"iss"}) == "bad_claims"
    assert reason_of(token(sub=...), extra_claims=["sub"]) == "bad_claims"


def test_returns_extra_claims_that_were_asked_for() -> None:
    claims = verify(token(iss="https://kkp.example"), extra_claims=["iss", "nbf"])
    assert claims.extra == {"iss": "https://kkp.example"}
    assert claims.to_dict() == {**CLAIMS, "iss": "https://kkp.example"}
    assert verify(GOOD, extra_claims=["iss"]).extra == {}


@pytest.mark.parametrize("name", ["iss", "nbf", "ops", "cnf", "act"])
def test_allows_an_optional_claim_only_of_its_form_and_only_when_asked(name: str) -> None:
    good = {"iss": "x", "nbf": NOW, "ops": ["decrypt"], "cnf": {"jkt": "A" * 43}, "act": {"sub": "a"}}[name]
    assert verify(token(**{name: good}), extra_claims=[name]).extra == {name: good}
    assert reason_of(token(**{name: good})) == "bad_claims"
    for bad in (None, "", [], {}, 0.5, [good, good], {"a": good}):
        assert reason_of(token(**{name: bad}), extra_claims=[name]) == "bad_claims"


def test_leaves_the_form_of_other_extra_claims_to_the_caller() -> None:
    assert verify(token(scope=None), extra_claims=["scope"]).extra == {"scope": None}


def test_has_no_tolerance_on_nbf() -> None:
    text = token(nbf=NOW + 2, iat=NOW)
    assert reason_of(text, extra_claims=["nbf"], now=NOW + 1.999, clock_skew_seconds=60) == "not_yet_valid"
    assert verify(text, extra_claims=["nbf"], now=NOW + 2).extra == {"nbf": NOW + 2}
    by_value = token_with_payload_text(nbf="1.700000002e9")
    assert reason_of(by_value, extra_claims=["nbf"], now=NOW + 1) == "not_yet_valid"


@pytest.mark.parametrize("issuer", ["https://kkp.example/", "https://KKP.example", "x", ""])
def test_refuses_another_issuer_and_none(issuer: str) -> None:
    assert reason_of(token(iss="https://kkp.example"), issuer=issuer) == "wrong_issuer"
    assert reason_of(GOOD, issuer=issuer) == "wrong_issuer"


def test_whoever_asks_for_an_issuer_allows_the_claim() -> None:
    claims = verify(token(iss="https://kkp.example"), issuer="https://kkp.example")
    assert claims.extra == {"iss": "https://kkp.example"}
    assert reason_of(token(iss="x", nbf=NOW), issuer="x") == "bad_claims"


def test_takes_the_typ_that_is_asked_for_and_no_other() -> None:
    access = sign({**HEADER, "typ": "at+jwt"}, CLAIMS)
    assert verify(access, typ="at+jwt").sub == "billing"
    assert reason_of(GOOD, typ="at+jwt") == "unsupported_header"
    for typ in ("kkp-revocations+jwt", "dpop+jwt", "application/at+jwt", "AT+JWT"):
        assert reason_of(sign({**HEADER, "typ": typ}, CLAIMS), typ="at+jwt") == "unsupported_header"


def test_tolerates_the_clock_skew_on_iat_and_no_more() -> None:
    assert verify(GOOD, now=NOW - 5).iat == NOW
    assert reason_of(GOOD, now=NOW - 6) == "not_yet_valid"
    assert reason_of(GOOD, now=NOW - 1, clock_skew_seconds=0) == "not_yet_valid"
    assert verify(GOOD, now=NOW - 60, clock_skew_seconds=60).iat == NOW


def test_has_no_tolerance_on_exp() -> None:
    assert verify(GOOD, now=NOW + 299).exp == NOW + 300
    assert verify(GOOD, now=NOW + 299.999).exp == NOW + 300
    assert reason_of(GOOD, now=NOW + 300) == "expired"
    assert reason_of(GOOD, now=NOW + 300, clock_skew_seconds=60) == "expired"


def test_bounds_the_lifetime() -> None:
    assert verify(token(exp=NOW + 3600)).exp == NOW + 3600
    assert reason_of(token(exp=NOW + 3601)) == "lifetime_exceeded"
    assert verify(GOOD, max_lifetime_seconds=300).exp == NOW + 300
    assert reason_of(GOOD, max_lifetime_seconds=299) == "lifetime_exceeded"
    assert reason_of(token(exp=NOW)) == "lifetime_exceeded"
    assert reason_of(token(exp=NOW - 1)) == "lifetime_exceeded"


@pytest.mark.parametrize("audience", ["Orders", "order", "orders ", ""])
def test_refuses_another_audience(audience: str) -> None:
    assert reason_of(GOOD, audience=audience) == "wrong_audience"


def test_the_first_failing_check_decides_the_reason() -> None:
    all_wrong = {"exp": NOW + 9000, "iat": NOW + 4000, "aud": "other"}
    assert reason_of(token(**all_wrong, sub=""), audience="orders") == "bad_claims"
    assert reason_of(token(**all_wrong), audience="orders") == "not_yet_valid"
    assert reason_of(token(**all_wrong), audience="orders", now=NOW + 9000) == "lifetime_exceeded"
    assert reason_of(token(aud="other"), audience="orders", now=NOW + 300) == "expired"
    other = token(aud="other", iss="other")
    assert reason_of(other, audience="orders", issuer="us", now=NOW + 300) == "expired"
    assert reason_of(other, audience="orders", issuer="us") == "wrong_issuer"
    assert reason_of(token(aud="other"), audience="orders") == "wrong_audience"
    assert reason_of(header(kid="nobody", typ="x")) == "unsupported_header"
    assert reason_of(f"{header(kid='nobody')}=") == "malformed"
    assert reason_of(sign({**HEADER, "kid": "nobody"}, b"not json", seed=2)) == "unknown_key"


def test_uses_the_system_clock_by_default() -> None:
    with pytest.raises(TokenVerificationError) as caught:
        verify_token(GOOD, jwks())
    assert caught.value.reason == "expired"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"clock_skew_seconds": 61}, ValueError),
        ({"clock_skew_seconds": -1}, ValueError),
        ({"clock_skew_seconds": float("nan")}, ValueError),
        ({"max_lifetime_seconds": 0}, ValueError),
        ({"max_lifetime_seconds": float("nan")}, ValueError),
        ({"now": float("nan")}, ValueError),
        ({"now": float("inf")}, OverflowError),
        ({"extra_claims": "iss"}, TypeError),
        ({"typ": "jwt"}, ValueError),
        ({"typ": "dpop+jwt"}, ValueError),
        ({"typ": ""}, ValueError),
        ({"typ": None}, ValueError),
        ({"keys": [jwk()]}, TypeError),
        ({"keys": None}, TypeError),
    ],
)
def test_refuses_options_that_would_switch_a_check_off(
    options: dict[str, Any], error: type[Exception]
) -> None:
    arguments = {"keys": jwks(), "now": NOW, **options}
    with pytest.raises(error):
        verify_token(GOOD, **arguments)


def test_the_error_shows_its_reason_and_nothing_of_the_token() -> None:
    error = TokenVerificationError("expired")
    assert (str(error), repr(error)) == ("The token has expired.", "TokenVerificationError('expired')")
    assert pickle.loads(pickle.dumps(error)).reason == copy.copy(error).reason == "expired"  # noqa: S301
