"""Bound tokens and revocation against a running KKP server: see test_roundtrip.py."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

import kkp
from kkp import DpopKey

pytestmark = pytest.mark.roundtrip

KEY: dict[str, Any] = {"backend": "aws", "key_id": "alias/possession"}
TEXT = "4111 1111 1111 1111"
EXTRA = ["ops", "nbf", "cnf"]


@pytest.fixture(params=["EdDSA", "ES256"])
def key(request: pytest.FixtureRequest) -> DpopKey:
    return DpopKey.generate(request.param)


@pytest.fixture
def client(url: str, key: DpopKey) -> Iterator[kkp.Client]:
    with kkp.Client(url, dpop_key=key) as client:
        yield client


@pytest.fixture
def stranger(url: str) -> Iterator[kkp.Client]:
    """Has a bound token without its key."""
    with kkp.Client(url) as client:
        yield client


def issue(client: kkp.Client, **options: Any) -> str:
    grant = {"subject": f"python-{uuid4()}", "audience": "possession", **KEY, **options}
    return client.issue_token(**grant).token


def test_a_bound_token_opens_with_a_proof_and_not_without(
    client: kkp.Client, stranger: kkp.Client, url: str, key: DpopKey
) -> None:
    envelope = client.encrypt(TEXT, **KEY).envelope
    token = issue(client, ops=["decrypt"])
    opened = client.decrypt(token, envelope)
    assert opened.plaintext == TEXT
    assert opened.claims.extra == {"ops": ["decrypt"], "cnf": {"jkt": key.thumbprint}}
    assert client.decrypt(token, envelope, encoding="base64").plaintext == TEXT.encode()
    with pytest.raises(kkp.InvalidToken, match="proof"):
        stranger.decrypt(token, envelope)
    with kkp.Client(url, dpop_key=DpopKey.generate()) as thief, pytest.raises(kkp.InvalidToken):
        thief.decrypt(token, envelope)
    with kkp.Client(url, credentials=token) as bearer, pytest.raises(kkp.InvalidToken, match="key"):
        bearer.rewrap(envelope)


def test_a_token_is_for_its_uses_alone(client: kkp.Client) -> None:
    envelope = client.encrypt(TEXT, **KEY).envelope
    token = issue(client, ops=["decrypt"])
    for call in (
        lambda: client.rewrap(envelope, token=token),
        lambda: client.encrypt(TEXT, **KEY, token=token),
        lambda: client.create_data_key(**KEY, token=token),
    ):
        with pytest.raises(kkp.PolicyDenied, match="other operations"):
            call()


def test_a_bound_token_is_shown_with_every_call_that_takes_one(client: kkp.Client, key: DpopKey) -> None:
    ops = ["decrypt", "encrypt", "rewrap", "data_key"]
    token = issue(client, ops=ops, cnf={"jkt": key.thumbprint})
    envelope = client.encrypt(TEXT, **KEY, token=token).envelope
    moved = client.rewrap(envelope, token=token).envelope
    data_key = client.create_data_key(**KEY, token=token)
    client.create_wrapped_data_key(**KEY, token=token)
    sealed = kkp.encrypt_bytes(data_key, TEXT)
    assert kkp.decrypt_bytes(client.data_key_opener(token), sealed).decode() == TEXT
    item: Any = {**KEY, "plaintext": TEXT, "token": token}
    key_item: Any = {**KEY, "token": token}
    results: list[Any] = [
        *client.encrypt_batch([item] * 2),
        *client.create_data_key_batch([key_item] * 2),
        *client.decrypt_batch([{"token": token, "envelope": moved}] * 2),
        *client.rewrap_batch([{"token": token, "envelope": moved}] * 2),
    ]
    assert [result for result in results if isinstance(result, kkp.KkpApiError)] == []


def test_a_bound_token_may_go_in_the_body(url: str, key: DpopKey) -> None:
    with (
        httpx.Client(headers={"Authorization": "Basic YTpi"}) as http,
        kkp.Client(url, dpop_key=key, http_client=http) as client,
    ):
        envelope = client.encrypt(TEXT, **KEY).envelope
        assert client.decrypt(issue(client, cnf={"jkt": key.thumbprint}), envelope).plaintext == TEXT


def test_a_proof_is_good_once_and_for_its_request(client: kkp.Client, url: str, key: DpopKey) -> None:
    envelope = client.encrypt(TEXT, **KEY).envelope
    token = issue(client, cnf={"jkt": key.thumbprint})
    used = key.proof("POST", f"{url}/envelope/decrypt", token)
    proofs = [
        (used, 200),
        (used, 401),
        (key.proof("GET", f"{url}/envelope/decrypt", token), 401),
        (key.proof("POST", f"{url}/envelope/rewrap", token), 401),
        (key.proof("POST", f"{url}/envelope/decrypt", issue(client)), 401),
        (key.proof("POST", f"{url}/envelope/decrypt?a=b#c", token), 200),
    ]
    for proof, status in proofs:
        answer = httpx.post(
            f"{url}/envelope/decrypt",
            json={"envelope": envelope},
            headers={"Authorization": f"DPoP {token}", "DPoP": proof},
        )
        assert answer.status_code == status
        assert status == 200 or answer.json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize("drift", [-62, 7])
def test_a_proof_of_another_time_is_refused(url: str, drift: int) -> None:
    private_key = generate_private_key(SECP256R1())
    key = DpopKey(private_key, clock=lambda: time.time() + drift)
    with kkp.Client(url, dpop_key=key) as client:
        envelope = client.encrypt(TEXT, **KEY).envelope
        with pytest.raises(kkp.InvalidDpopProof, match="iat"):
            client.decrypt(issue(client, cnf={"jkt": key.thumbprint}), envelope)


def test_a_token_is_not_good_before_its_time(stranger: kkp.Client) -> None:
    envelope = stranger.encrypt(TEXT, **KEY).envelope
    not_before = int(time.time()) + 60
    token = issue(stranger, not_before=not_before)
    with pytest.raises(kkp.InvalidToken):
        stranger.decrypt(token, envelope)
    jwks = stranger.fetch_jwks()
    with pytest.raises(kkp.TokenVerificationError, match="for later"):
        kkp.verify_token(token, jwks, extra_claims=EXTRA)
    assert kkp.verify_token(token, jwks, extra_claims=EXTRA, now=not_before).extra == {"nbf": not_before}


@pytest.mark.parametrize("rule", ["jti", "subject", "key"])
def test_a_revoked_token_is_refused_online_and_offline(stranger: kkp.Client, url: str, rule: str) -> None:
    own: dict[str, Any] = {"backend": "aws", "key_id": f"alias/{uuid4()}"}
    token, other = issue(stranger, **own), issue(stranger)
    envelope = stranger.encrypt(TEXT, **own).envelope
    claims = stranger.decrypt(token, envelope).claims
    told = stranger.introspect(token)
    assert (bool(told), told.claims) == (True, claims)

    if rule == "jti":
        revoked = stranger.revoke(jti=claims.jti)
    elif rule == "subject":
        revoked = stranger.revoke(subject=claims.sub)
    else:
        revoked = stranger.revoke(backend=claims.backend, key_id=claims.key_id)
    assert revoked.expires_at > claims.exp
    with pytest.raises(kkp.InvalidToken, match="revoked"):
        stranger.decrypt(token, envelope)
    assert not stranger.introspect(token)
    assert stranger.introspect(other)
    expect_revoked_offline(url, token, other)
    asyncio.run(expect_revoked_offline_async(url, token, other))


def expect_revoked_offline(url: str, token: str, other: str) -> None:
    with (
        kkp.RemoteJwks(f"{url}/keys/jwks") as keys,
        kkp.RemoteRevocations(f"{url}/.well-known/kkp-revocations", keys) as revocations,
    ):
        with pytest.raises(kkp.TokenVerificationError) as caught:
            kkp.verify_token(token, keys, revocations=revocations)
        assert caught.value.reason == "revoked"
        assert kkp.verify_token(other, keys, revocations=revocations).aud == "possession"
        # Without the list it is as good as ever: what the list is there for.
        assert kkp.verify_token(token, keys).aud == "possession"
        text = httpx.get(f"{url}/.well-known/kkp-revocations").text
        listed = kkp.read_revocations(text, keys)
        assert 0 < listed.expires_at - listed.issued_at <= 60


async def expect_revoked_offline_async(url: str, token: str, other: str) -> None:
    async with (
        kkp.AsyncRemoteJwks(f"{url}/keys/jwks") as keys,
        kkp.AsyncRemoteRevocations(f"{url}/.well-known/kkp-revocations", keys) as revocations,
    ):
        with pytest.raises(kkp.TokenVerificationError) as caught:
            await kkp.verify_token_async(token, keys, revocations=revocations)
        assert caught.value.reason == "revoked"
        claims = await kkp.verify_token_async(other, keys, revocations=revocations)
        assert claims.aud == "possession"


def test_the_rules_about_a_signing_key_and_a_time_are_taken(stranger: kkp.Client) -> None:
    token = issue(stranger)
    assert stranger.revoke(kid="k" * 43).rule == {"kid": "k" * 43}
    assert stranger.revoke(before=1).rule == {"before": 1}
    assert stranger.introspect(token)


def test_rules_that_kkp_does_not_take_are_its_to_refuse(stranger: kkp.Client) -> None:
    with pytest.raises(kkp.InvalidRequest):
        stranger.revoke(before=int(time.time()) + 3600)
    with pytest.raises(kkp.InvalidRequest):
        stranger.revoke(jti="")
    assert not stranger.introspect("not.a.token")


def test_the_async_client_proves_too(url: str, key: DpopKey) -> None:
    async def run() -> None:
        async with kkp.AsyncClient(url, dpop_key=key) as client, kkp.AsyncClient(url) as stranger:
            envelope = (await client.encrypt(TEXT, **KEY)).envelope
            issued = await client.issue_token(
                subject="python", audience="possession", **KEY, ops=["decrypt"], cnf={"jkt": key.thumbprint}
            )
            assert (await client.decrypt(issued.token, envelope)).plaintext == TEXT
            with pytest.raises(kkp.InvalidToken, match="proof"):
                await stranger.decrypt(issued.token, envelope)
            told = await client.introspect(issued.token)
            assert told.claims is not None
            await client.revoke(jti=told.claims.jti)
            with pytest.raises(kkp.InvalidToken, match="revoked"):
                await client.decrypt(issued.token, envelope)
            assert not await client.introspect(issued.token)

    asyncio.run(run())
