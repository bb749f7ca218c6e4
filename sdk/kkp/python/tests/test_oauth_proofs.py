"""Proofs of possession (RFC 9449 section 5) of requests for tokens, and what is given for them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp
from proofs import read_proof, sha256
from tokens import NOW, jwks, private_key, token

from kkp import ApiKey, DpopKey, InvalidDpopProof, KkpProtocolError, verify_token

Connect = Callable[..., Any]
WANTED = {"audience": "reports", "backend": "aws", "key_id": "alias/orders"}
KEY = DpopKey(private_key(9), clock=lambda: NOW)
OTHER_KEY = DpopKey(private_key(8), clock=lambda: NOW)
FREE = token()
BOUND = token(cnf={"jkt": KEY.thumbprint})
CALLS: dict[str, Callable[[Any], Any]] = {
    "grant": lambda client: client.grant_token(**WANTED),
    "exchange": lambda client: client.exchange_token(FREE),
    "exchange of a bound one": lambda client: client.exchange_token(BOUND),
}


def proof_of(request: httpx.Request) -> dict[str, Any]:
    (text,) = request.headers.get_list("DPoP")
    return read_proof(text)[1]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("credentials", [None, "caller", ApiKey("secret")])
def test_a_client_with_a_key_gets_a_token_that_is_bound_to_it(
    connect: Connect, kkp: FakeKkp, name: str, credentials: Any
) -> None:
    granted = CALLS[name](connect(kkp, dpop_key=KEY, credentials=credentials))
    assert granted.token_type == "DPoP"  # noqa: S105
    claims = verify_token(granted.access_token, jwks(), now=NOW, extra_claims=["cnf", "act"])
    assert claims.extra["cnf"] == {"jkt": KEY.thumbprint}
    proof = proof_of(kkp.requests[0])
    assert (proof["htm"], proof["iat"]) == ("POST", NOW)
    assert proof["htu"] == "https://kkp.example/base/oauth/token"
    assert kkp.requests[0].headers.get("Authorization") == (
        "Bearer caller" if credentials == "caller" else None
    )


def test_the_proof_is_for_the_token_too_that_is_exchanged_where_that_is_bound_to_the_key(
    connect: Connect, kkp: FakeKkp
) -> None:
    client = connect(kkp, dpop_key=KEY)
    others = [
        FREE,
        token(cnf={"jkt": OTHER_KEY.thumbprint}),
        token(cnf={"x5t#S256": KEY.thumbprint}),
    ]
    for subject in (BOUND, *others):
        client.exchange_token(subject)
    client.grant_token(**WANTED)
    proofs = [proof_of(request) for request in kkp.requests]
    assert [proof.get("ath") for proof in proofs] == [sha256(BOUND), None, None, None, None]
    assert len({proof["jti"] for proof in proofs}) == 5


@pytest.mark.parametrize("subject", ["a.b.c", "x", ".", "caf\u00e9.\u00e9.\u00e9"])
def test_what_is_no_token_is_exchanged_with_a_proof_for_none(connect: Connect, subject: str) -> None:
    seen: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(400, json={"error": "invalid_dpop_proof", "error_description": "No."})

    with pytest.raises(InvalidDpopProof):
        connect(refuse, dpop_key=KEY).exchange_token(subject)
    assert "ath" not in proof_of(seen[0])


def test_nothing_is_proved_without_a_key_and_to_take_a_token_back(connect: Connect, kkp: FakeKkp) -> None:
    for call in CALLS.values():
        assert call(connect(kkp)).token_type == "Bearer"  # noqa: S105
    connect(kkp, dpop_key=KEY).revoke_token(BOUND)
    assert len(kkp.requests) == 4
    assert all("DPoP" not in request.headers for request in kkp.requests)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("scheme", ["Bearer", "dpop", "DPOP", "", None])
def test_no_token_is_taken_that_is_not_bound(
    connect: Connect, kkp: FakeKkp, name: str, scheme: str | None
) -> None:
    answer = {
        "access_token": "a.b.c",
        "token_type": scheme,
        "expires_in": 300,
        "authorization_details": [{"type": "kkp_key", "backend": "aws", "key_id": "alias/orders"}],
        "issued_token_type": "urn:ietf:params:oauth:token-type:jwt",
    }
    kkp.replies["/oauth/token"] = lambda request: httpx.Response(200, json=answer)
    with pytest.raises(KkpProtocolError, match="token_type"):
        CALLS[name](connect(kkp, dpop_key=KEY))


def test_the_proof_is_made_after_the_credential_was_asked_for(connect: Connect, kkp: FakeKkp) -> None:
    now = [NOW]

    def credential() -> str:
        now[0] += 90
        return "caller"

    key = DpopKey(private_key(9), clock=lambda: now[0])
    connect(kkp, dpop_key=key, credentials=credential).grant_token(**WANTED)
    assert proof_of(kkp.requests[0])["iat"] == NOW + 90
