"""Tokens by OAuth's routes, and client certificates, against a KKP of its own: see test_roundtrip.py."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from certificates import client_context, thumbprint_of
from kkp_server import KkpServer, jwt_of
from tokens import b64

import kkp
from kkp import ApiKey, Client, DpopKey

pytestmark = pytest.mark.roundtrip

KEY: dict[str, Any] = {"backend": "aws", "key_id": "alias/orders"}
WANTED: dict[str, Any] = {"audience": "reports", **KEY}
JWT: Any = "urn:ietf:params:oauth:token-type:jwt"
TEXT = "attack at dawn"
Connect = Callable[..., Client]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KkpServer]:
    server = KkpServer(tmp_path_factory.mktemp("kkp"))
    yield server
    server.close()


@pytest.fixture
def connect(server: KkpServer) -> Iterator[Connect]:
    """Make clients: with the certificate or the API key of a caller, or with other options."""
    opened: list[httpx.Client] = []

    def connect(certificate: str | None = None, api_key: str | None = None, **options: Any) -> Client:
        own = None if certificate is None else server.certificates[certificate]
        auth = options.pop("auth", None)
        http = httpx.Client(verify=client_context(server.ca, own), auth=auth)
        opened.append(http)
        if api_key is not None:
            options["credentials"] = ApiKey(server.api_keys[api_key])
        return Client(server.url, http_client=http, **options)

    yield connect
    for http in opened:
        http.close()


@pytest.fixture
def claims_of(connect: Connect) -> Callable[[str], kkp.Claims]:
    keys = connect().fetch_jwks()
    return lambda token: kkp.verify_token(token, keys, extra_claims=["ops", "act", "cnf"])


def test_nobody_is_given_a_token(connect: Connect, server: KkpServer) -> None:
    subject = connect(api_key="svc-billing").grant_token(**WANTED).access_token
    for client in (
        connect(),
        connect(credentials=ApiKey("kkp_no-key")),
        connect(credentials="not.a.jwt"),
        connect(credentials=subject),
        connect(auth=("svc-gateway", server.api_keys["svc-billing"])),
    ):
        with pytest.raises(kkp.Unauthenticated) as caught:
            client.grant_token(**WANTED)
        assert caught.value.status == 401
        with pytest.raises(kkp.Unauthenticated):
            client.exchange_token(subject)
    with pytest.raises(kkp.Unauthenticated):
        connect(api_key="svc-billing").grant_token(**WANTED, client_id="svc-gateway")
    with pytest.raises(kkp.InvalidRequest):
        connect(certificate="svc-billing", api_key="svc-gateway").grant_token(**WANTED)


def test_each_credential_is_given_a_token_for_itself(
    connect: Connect, server: KkpServer, claims_of: Callable[[str], kkp.Claims]
) -> None:
    clients = {
        "svc-billing": connect(api_key="svc-billing"),
        "svc-gateway": connect(auth=("svc-gateway", server.api_keys["svc-gateway"])),
        "alice": connect(credentials=jwt_of("alice")),
    }
    for name, client in clients.items():
        granted = client.grant_token(**WANTED, ttl_seconds=60, ops=["decrypt"], client_id=name)
        assert (granted.expires_in, granted.ops, granted.token_type) == (60, ("decrypt",), "Bearer")
        claims = claims_of(granted.access_token)
        assert (claims.sub, claims.aud, claims.extra) == (name, "reports", {"ops": ["decrypt"]})


def test_another_one_gets_less_and_is_named(connect: Connect, claims_of: Callable[[str], kkp.Claims]) -> None:
    token = connect(api_key="svc-billing").grant_token(**WANTED).access_token
    gateway = connect(api_key="svc-gateway")
    less = gateway.exchange_token(token, ops=["decrypt"], ttl_seconds=30)
    assert (less.backend, less.key_id, less.expires_in, less.ops) == (*KEY.values(), 30, ("decrypt",))
    claims = claims_of(less.access_token)
    assert (claims.sub, claims.extra) == ("svc-billing", {"ops": ["decrypt"], "act": {"sub": "svc-gateway"}})
    envelope = gateway.encrypt(TEXT, **KEY).envelope
    assert gateway.decrypt(less.access_token, envelope).plaintext == TEXT
    with pytest.raises(kkp.PolicyDenied):
        gateway.rewrap(envelope, token=less.access_token)


def test_nothing_can_become_more(connect: Connect) -> None:
    token = connect(api_key="svc-billing").grant_token(**WANTED).access_token
    gateway = connect(api_key="svc-gateway")
    refusals: list[tuple[type[kkp.KkpApiError], dict[str, Any]]] = [
        (kkp.InvalidTarget, {"audience": "payroll"}),
        (kkp.InvalidScope, {"ops": ["encrypt"]}),
        (kkp.InvalidAuthorizationDetails, {**KEY, "key_id": "k"}),
        (kkp.InvalidAuthorizationDetails, {"backend": "aws"}),
        (kkp.InvalidAuthorizationDetails, {**KEY, "policy_claims": {"a": 1}}),
        (kkp.InvalidRequest, {"ttl_seconds": 0}),
        (kkp.InvalidRequest, {"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}),
        (kkp.Unauthenticated, {"client_id": "svc-billing"}),
    ]
    for error, options in refusals:
        with pytest.raises(error) as caught:
            gateway.exchange_token(token, **options)
        assert type(caught.value) is error
    with pytest.raises(kkp.InvalidGrant):
        gateway.exchange_token("a.b.c")
    with pytest.raises(kkp.InvalidRequest, match="audience"):
        gateway.exchange_token(jwt_of("alice"))


def test_a_jwt_is_exchanged_by_another_one_and_alone(
    connect: Connect, claims_of: Callable[[str], kkp.Claims]
) -> None:
    jwt = jwt_of("alice")
    acting = connect(api_key="svc-gateway").exchange_token(jwt, subject_token_type=JWT, **WANTED)
    claims = claims_of(acting.access_token)
    assert (claims.sub, claims.extra) == ("alice", {"act": {"sub": "svc-gateway"}})
    alone = connect().exchange_token(jwt, **WANTED)
    assert (claims_of(alone.access_token).sub, claims_of(alone.access_token).extra) == ("alice", {})
    for bad in (jwt_of("alice", aud="other"), jwt_of("alice", exp=1), f"{jwt[:-4]}AAAA"):
        with pytest.raises(kkp.InvalidGrant):
            connect().exchange_token(bad, **WANTED)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_a_token_is_bound_to_the_key_of_the_client(
    connect: Connect, claims_of: Callable[[str], kkp.Claims], algorithm: Any
) -> None:
    key = DpopKey.generate(algorithm)
    holder = connect(api_key="svc-billing", dpop_key=key)
    granted = holder.grant_token(**WANTED)
    again = holder.exchange_token(granted.access_token)
    free = connect(api_key="svc-billing").grant_token(**WANTED)
    bound = holder.exchange_token(free.access_token)
    envelope = holder.encrypt(TEXT, **KEY).envelope
    for issued in (granted, again, bound):
        assert issued.token_type == "DPoP"  # noqa: S105
        assert claims_of(issued.access_token).extra["cnf"] == {"jkt": key.thumbprint}
        assert holder.decrypt(issued.access_token, envelope).plaintext == TEXT
    for options in ({}, {"dpop_key": DpopKey.generate()}):
        thief = connect(api_key="svc-billing", **options)
        with pytest.raises(kkp.InvalidGrant):
            thief.exchange_token(granted.access_token)
        with pytest.raises(kkp.InvalidToken):
            thief.decrypt(granted.access_token, envelope)


def test_a_token_is_bound_to_the_certificate_of_the_client(
    connect: Connect, server: KkpServer, claims_of: Callable[[str], kkp.Claims]
) -> None:
    holder = connect(certificate="svc-billing")
    envelope = holder.encrypt(TEXT, **KEY).envelope
    granted = holder.grant_token(**WANTED)
    claims = claims_of(granted.access_token)
    thumbprint = b64(thumbprint_of(server.certificates["svc-billing"]))
    assert (claims.sub, claims.extra["cnf"]) == ("svc-billing", {"x5t#S256": thumbprint})
    for thief in (connect(), connect(certificate="svc-gateway"), connect(api_key="svc-billing")):
        with pytest.raises(kkp.InvalidToken):
            thief.decrypt(granted.access_token, envelope)
    with pytest.raises(kkp.InvalidGrant):
        connect(certificate="svc-gateway").exchange_token(granted.access_token)
    again = holder.exchange_token(granted.access_token)
    for issued in (granted, again):
        assert issued.token_type == "Bearer"  # noqa: S105
        assert holder.decrypt(issued.access_token, envelope).plaintext == TEXT


def test_a_token_is_taken_back_by_its_subject(connect: Connect) -> None:
    billing, gateway = connect(api_key="svc-billing"), connect(api_key="svc-gateway")
    token = billing.grant_token(**WANTED).access_token
    with pytest.raises(kkp.PolicyDenied):
        gateway.revoke_token(token)
    with pytest.raises(kkp.Unauthenticated):
        connect().revoke_token(token)
    gateway.exchange_token(token)
    for text in (token, token, "not even a token"):
        billing.revoke_token(text)
    with pytest.raises(kkp.InvalidGrant):
        gateway.exchange_token(token)


def test_the_async_client_does_it_all(server: KkpServer) -> None:
    async def run() -> None:
        context = client_context(server.ca, server.certificates["svc-billing"])
        async with (
            httpx.AsyncClient(verify=context) as with_certificate,
            httpx.AsyncClient(verify=client_context(server.ca, None)) as without,
        ):
            billing = kkp.AsyncClient(server.url, http_client=with_certificate)
            stranger = kkp.AsyncClient(server.url, http_client=without)
            api_key = ApiKey(server.api_keys["svc-billing"])
            key = DpopKey.generate()
            holder = kkp.AsyncClient(server.url, http_client=without, credentials=api_key, dpop_key=key)
            with pytest.raises(kkp.Unauthenticated):
                await stranger.grant_token(**WANTED)
            granted = await billing.grant_token(**WANTED)
            again = await billing.exchange_token(granted.access_token, ttl_seconds=30)
            envelope = (await billing.encrypt(TEXT, **KEY)).envelope
            assert (await billing.decrypt(again.access_token, envelope)).plaintext == TEXT
            with pytest.raises(kkp.InvalidToken):
                await stranger.decrypt(again.access_token, envelope)
            bound = await holder.grant_token(**WANTED)
            assert (await holder.exchange_token(bound.access_token)).token_type == "DPoP"  # noqa: S105
            await holder.revoke_token(bound.access_token)
            with pytest.raises(kkp.InvalidGrant):
                await holder.exchange_token(bound.access_token)

    asyncio.run(run())
