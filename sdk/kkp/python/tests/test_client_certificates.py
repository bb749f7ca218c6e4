"""Client certificates over real TLS: who is let in, and that each of the SDK's connections shows one."""

import asyncio
import datetime
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from certificates import LOOPBACK, Authority, client_context, thumbprint_of
from cryptography import x509
from fake_kkp import FakeKkp
from tls_server import TlsServer
from tokens import NOW, token
from tokens import jwks as own_jwks

from kkp import (
    ApiKey,
    AsyncClient,
    AsyncRemoteJwks,
    AsyncRemoteRevocations,
    Client,
    KeysUnavailableError,
    KkpConnectionError,
    RemoteJwks,
    RemoteRevocations,
    RevocationsUnavailableError,
    verify_token,
    verify_token_async,
)

WANTED: dict[str, Any] = {"audience": "reports", "backend": "aws", "key_id": "alias/orders"}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def ca(authority: Authority, tmp_path: Path) -> Path:
    return authority.write(tmp_path / "ca.pem")


@pytest.fixture
def good(authority: Authority, tmp_path: Path) -> Path:
    return authority.issue(tmp_path / "client.pem")


@pytest.fixture
def serve(kkp: FakeKkp, authority: Authority, ca: Path, tmp_path: Path) -> Iterator[Callable[..., TlsServer]]:
    servers: list[TlsServer] = []

    def start(name: x509.GeneralName = LOOPBACK) -> TlsServer:
        servers.append(TlsServer(kkp, authority.issue(tmp_path / "server.pem", name), ca))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def grant(server: TlsServer, context: ssl.SSLContext, is_async: bool, **options: Any) -> Any:
    async def run() -> Any:
        async with (
            httpx.AsyncClient(verify=context) as http,
            AsyncClient(server.url, http_client=http, **options) as client,
        ):
            return await client.grant_token(**WANTED)

    if is_async:
        return asyncio.run(run())
    with httpx.Client(verify=context) as http, Client(server.url, http_client=http, **options) as client:
        return client.grant_token(**WANTED)


STRANGERS: dict[str, Callable[[Authority, Path], Path | None]] = {
    "no certificate": lambda authority, folder: None,
    "one of another authority": lambda authority, folder: Authority().issue(folder / "strange.pem"),
    "one that is over": lambda authority, folder: authority.issue(
        folder / "old.pem", age=datetime.timedelta(days=3)
    ),
    "one that is for later": lambda authority, folder: authority.issue(
        folder / "new.pem", age=datetime.timedelta(days=-1)
    ),
}


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("name", STRANGERS)
def test_whoever_shows_no_good_certificate_has_no_connection(
    serve: Callable[..., TlsServer],
    kkp: FakeKkp,
    authority: Authority,
    ca: Path,
    tmp_path: Path,
    name: str,
    is_async: bool,
) -> None:
    context = client_context(ca, STRANGERS[name](authority, tmp_path))
    with pytest.raises(KkpConnectionError, match="No answer from https://"):
        grant(serve(), context, is_async, credentials=ApiKey("secret"))
    assert kkp.requests == []


@pytest.mark.parametrize("is_async", [False, True])
def test_a_server_of_another_authority_or_name_hears_nothing(
    serve: Callable[..., TlsServer], kkp: FakeKkp, good: Path, ca: Path, tmp_path: Path, is_async: bool
) -> None:
    other = Authority().write(tmp_path / "other.pem")
    for server, trusted in ((serve(), other), (serve(x509.DNSName("other.example")), ca)):
        with pytest.raises(KkpConnectionError, match="ConnectError"):
            grant(server, client_context(trusted, good), is_async, credentials="secret")
    assert kkp.requests == []


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_shows_its_certificate(
    serve: Callable[..., TlsServer], ca: Path, good: Path, version: ssl.TLSVersion, is_async: bool
) -> None:
    server, context = serve(), client_context(ca, good)
    context.minimum_version = context.maximum_version = version
    assert grant(server, context, is_async).token_type == "Bearer"  # noqa: S105
    assert server.thumbprints == [thumbprint_of(good)]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_credential_may_go_beside_it(
    serve: Callable[..., TlsServer], kkp: FakeKkp, ca: Path, good: Path, is_async: bool
) -> None:
    grant(serve(), client_context(ca, good), is_async, credentials=ApiKey("secret"))
    assert kkp.requests[0].headers["X-API-Key"] == "secret"


def test_keys_and_revocations_are_fetched_with_it_and_not_without(
    serve: Callable[..., TlsServer], ca: Path, good: Path
) -> None:
    server = serve()
    jwks, listed = f"{server.url}/keys/jwks", f"{server.url}/.well-known/kkp-revocations"
    claims = verify_token(token(), own_jwks(), now=NOW)
    with (
        httpx.Client(verify=client_context(ca, None)) as http,
        RemoteJwks(jwks, http_client=http) as keys,
        RemoteRevocations(listed, own_jwks(), http_client=http, clock=lambda: NOW) as revocations,
    ):
        with pytest.raises(KeysUnavailableError):
            verify_token(token(), keys, now=NOW)
        with pytest.raises(RevocationsUnavailableError):
            revocations.covers(claims, "key-1")
    assert server.thumbprints == []
    with (
        httpx.Client(verify=client_context(ca, good)) as http,
        RemoteJwks(jwks, http_client=http) as keys,
        RemoteRevocations(listed, keys, http_client=http, clock=lambda: NOW) as revocations,
    ):
        assert verify_token(token(), keys, now=NOW, revocations=revocations) == claims
    assert server.thumbprints == [thumbprint_of(good)] * 2


def test_keys_and_revocations_are_fetched_with_it_async(
    serve: Callable[..., TlsServer], ca: Path, good: Path
) -> None:
    server = serve()

    async def run() -> str:
        async with (
            httpx.AsyncClient(verify=client_context(ca, good)) as http,
            AsyncRemoteJwks(f"{server.url}/keys/jwks", http_client=http) as keys,
            AsyncRemoteRevocations(
                f"{server.url}/.well-known/kkp-revocations", keys, http_client=http, clock=lambda: NOW
            ) as revocations,
        ):
            return (await verify_token_async(token(), keys, now=NOW, revocations=revocations)).sub

    assert asyncio.run(run()) == "billing"
    assert server.thumbprints == [thumbprint_of(good)] * 2
