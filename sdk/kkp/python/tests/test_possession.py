"""How clients show tokens: in the body or in the header, with a proof where they are bound to their key."""

import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import FakeKkp, problem
from proofs import read_proof, sha256
from tokens import NOW, b64, private_key, sign, token

import kkp
from kkp import ApiKey, AsyncClient, Client, DpopKey, InvalidDpopProof

Connect = Callable[..., Any]
KEY = {"backend": "aws", "key_id": "alias/orders"}
ENVELOPE = {**KEY, "ciphertext": b64(bytes(16)), "nonce": b64(bytes(12)), "encrypted_data_key": b64(b"\1")}
DPOP_KEY = DpopKey(private_key(9), clock=lambda: NOW)
OTHER_KEY = DpopKey(private_key(8), clock=lambda: NOW)
FREE = token()
BOUND = token(cnf={"jkt": DPOP_KEY.thumbprint})
ANOTHER_BOUND = token(cnf={"jkt": DPOP_KEY.thumbprint}, sub="other")
BOUND_TO_ANOTHER = token(cnf={"jkt": OTHER_KEY.thumbprint})
CERTIFIED = token(cnf={"x5t#S256": DPOP_KEY.thumbprint})
BASE = "https://kkp.example/base"


class Recorder:
    """Refuses every request, after a look at it."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(403, json=problem(403, "policy_denied"))


@pytest.fixture
def seen() -> Recorder:
    return Recorder()


CALLS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "decrypt": ("/envelope/decrypt", lambda client, shown: client.decrypt(shown, ENVELOPE)),
    "decrypt bytes": (
        "/envelope/decrypt",
        lambda client, shown: client.decrypt(shown, ENVELOPE, encoding="base64"),
    ),
    "rewrap": ("/envelope/rewrap", lambda client, shown: client.rewrap(ENVELOPE, token=shown)),
}
HEADER_CALLS: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "encrypt": ("/envelope/encrypt", lambda client, shown: client.encrypt("x", **KEY, token=shown)),
    "data key": ("/datakey", lambda client, shown: client.create_data_key(**KEY, token=shown)),
    "wrapped": ("/datakey", lambda client, shown: client.create_wrapped_data_key(**KEY, token=shown)),
    "encrypt batch": (
        "/envelope/encrypt/batch",
        lambda client, shown: client.encrypt_batch([{"plaintext": "x", **KEY, "token": shown}] * 2),
    ),
    "data key batch": (
        "/datakey/batch",
        lambda client, shown: client.create_data_key_batch([{**KEY, "token": shown}] * 2),
    ),
}


def send(client: Any, seen: Recorder, call: Callable[[Any, str], Any], shown: str) -> httpx.Request:
    with pytest.raises(kkp.PolicyDenied):
        call(client, shown)
    (request,) = seen.requests
    return request


def expect_proof(request: httpx.Request, path: str, shown: str) -> None:
    header, claims = read_proof(request.headers["DPoP"])
    assert header["jwk"]["x"] == b64(private_key(9).public_key().public_bytes_raw())
    assert (claims["htm"], claims["htu"]) == ("POST", f"{BASE}{path}")
    assert (claims["iat"], claims["ath"]) == (NOW, sha256(shown))
    assert len(request.headers.get_list("DPoP")) == 1


@pytest.mark.parametrize("name", [*CALLS, *HEADER_CALLS])
def test_a_bound_token_goes_into_the_header_with_its_proof(
    connect: Connect, seen: Recorder, name: str
) -> None:
    path, call = {**CALLS, **HEADER_CALLS}[name]
    request = send(connect(seen, dpop_key=DPOP_KEY), seen, call, BOUND)
    expect_proof(request, path, BOUND)
    assert request.headers.get_list("Authorization") == [f"DPoP {BOUND}"]
    assert BOUND.encode() not in request.content


@pytest.mark.parametrize("name", CALLS)
def test_a_bound_token_goes_into_the_body_where_a_credential_needs_the_header(
    connect: Connect, seen: Recorder, name: str
) -> None:
    path, call = CALLS[name]
    client = connect(seen, dpop_key=DPOP_KEY, credentials="caller")
    request = send(client, seen, call, BOUND)
    expect_proof(request, path, BOUND)
    assert request.headers.get_list("Authorization") == ["Bearer caller"]
    assert request.content.count(BOUND.encode()) == 1


@pytest.mark.parametrize("name", [*CALLS, *HEADER_CALLS])
def test_an_api_key_leaves_the_header_to_the_token(connect: Connect, seen: Recorder, name: str) -> None:
    path, call = {**CALLS, **HEADER_CALLS}[name]
    client = connect(seen, dpop_key=DPOP_KEY, credentials=ApiKey("secret"))
    request = send(client, seen, call, BOUND)
    expect_proof(request, path, BOUND)
    assert request.headers.get_list("Authorization") == [f"DPoP {BOUND}"]
    assert request.headers["X-API-Key"] == "secret"


@pytest.mark.parametrize("own", [{"auth": ("a", "b")}, {"headers": {"authorization": "Basic x"}}])
def test_an_http_client_with_a_credential_keeps_the_header(seen: Recorder, own: dict[str, Any]) -> None:
    http = httpx.Client(transport=httpx.MockTransport(seen), **own)
    client = Client(BASE, http_client=http, dpop_key=DPOP_KEY)
    request = send(client, seen, CALLS["decrypt"][1], BOUND)
    expect_proof(request, "/envelope/decrypt", BOUND)
    assert request.headers["Authorization"].startswith("Basic ")
    assert BOUND.encode() in request.content


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "shown",
    [
        FREE,
        BOUND_TO_ANOTHER,
        CERTIFIED,
        token(cnf={"jkt": [DPOP_KEY.thumbprint]}),
        token(cnf={"jkt": DPOP_KEY.thumbprint[:-1]}),
        token(cnf=DPOP_KEY.thumbprint),
        token(cnf=[DPOP_KEY.thumbprint]),
        token(jkt=DPOP_KEY.thumbprint),
        sign({}, b'{"cnf":1,"cnf":2}'),
        sign({}, b"\xff"),
        "a.b.c",
        "a",
        ".",
        "",
        "SECRET \u00e9.\u00e9.\u00e9",
    ],
)
def test_what_is_not_bound_to_the_clients_key_goes_into_the_body_without_a_proof(
    connect: Connect, seen: Recorder, name: str, shown: str
) -> None:
    request = send(connect(seen, dpop_key=DPOP_KEY), seen, CALLS[name][1], shown)
    assert request.headers.keys().isdisjoint({"dpop", "authorization"})
    assert shown.encode() in request.content


@pytest.mark.parametrize("name", [*CALLS, *HEADER_CALLS])
def test_without_a_key_nothing_is_proved(connect: Connect, seen: Recorder, name: str) -> None:
    request = send(connect(seen), seen, {**CALLS, **HEADER_CALLS}[name][1], BOUND)
    assert "DPoP" not in request.headers
    assert request.headers.get("Authorization") == (f"Bearer {BOUND}" if name in HEADER_CALLS else None)


@pytest.mark.parametrize("name", HEADER_CALLS)
def test_a_token_that_is_not_bound_is_shown_as_bearer(connect: Connect, seen: Recorder, name: str) -> None:
    request = send(connect(seen, dpop_key=DPOP_KEY), seen, HEADER_CALLS[name][1], FREE)
    assert request.headers.get_list("Authorization") == [f"Bearer {FREE}"]
    assert "DPoP" not in request.headers
    assert FREE.encode() not in request.content


@pytest.mark.parametrize("name", HEADER_CALLS)
@pytest.mark.parametrize("shown", [FREE, BOUND])
def test_a_token_and_a_credential_do_not_share_a_header(
    connect: Connect, seen: Recorder, name: str, shown: str
) -> None:
    client = connect(seen, dpop_key=DPOP_KEY, credentials="caller")
    with pytest.raises(ValueError, match="credential of the client") as caught:
        HEADER_CALLS[name][1](client, shown)
    assert seen.requests == []
    assert shown not in "".join(traceback.format_exception_only(caught.value))


@pytest.mark.parametrize(
    "shown", ["SECRET\r\nX-Admin: 1", "SECRET ", " SECRET", "", "SECRET\u00e9", "a,b", 5]
)
def test_what_no_header_can_hold_is_not_sent(connect: Connect, seen: Recorder, shown: Any) -> None:
    with pytest.raises(ValueError, match="does not allow") as caught:
        connect(seen).encrypt("x", **KEY, token=shown)
    assert seen.requests == []
    assert "SECRET" not in str(caught.value)


def test_a_bound_token_with_what_no_header_can_hold_is_not_sent(connect: Connect, seen: Recorder) -> None:
    payload = BOUND.split(".")[1]
    with pytest.raises(ValueError, match="does not allow"):
        connect(seen, dpop_key=DPOP_KEY).decrypt(f"a\r\nX-Admin: 1.{payload}.c", ENVELOPE)
    assert seen.requests == []


@pytest.mark.parametrize("name", ["decrypt_batch", "rewrap_batch"])
def test_a_batch_shows_its_one_bound_token_in_its_items_with_one_proof(
    connect: Connect, seen: Recorder, name: str
) -> None:
    items = [{"token": BOUND, "envelope": ENVELOPE}] * 3
    client = connect(seen, dpop_key=DPOP_KEY)
    request = send(client, seen, lambda client, _: getattr(client, name)(items), BOUND)
    expect_proof(request, f"/envelope/{name.removesuffix('_batch')}/batch", BOUND)
    assert "Authorization" not in request.headers
    assert request.content.count(BOUND.encode()) == 3


@pytest.mark.parametrize("name", ["decrypt_batch", "rewrap_batch"])
@pytest.mark.parametrize("other", [FREE, ANOTHER_BOUND, BOUND_TO_ANOTHER, CERTIFIED, "a.b.c"])
def test_a_batch_with_a_bound_token_and_another_is_not_sent(
    connect: Connect, seen: Recorder, name: str, other: str
) -> None:
    for tokens in ([BOUND, other], [other, BOUND], [BOUND, BOUND, other]):
        items = [{"token": shown, "envelope": ENVELOPE} for shown in tokens]
        with pytest.raises(ValueError, match="must not show another token"):
            getattr(connect(seen, dpop_key=DPOP_KEY), name)(items)
    assert seen.requests == []


def test_an_item_without_a_token_may_stand_beside_a_bound_one(connect: Connect, seen: Recorder) -> None:
    items = [{"envelope": ENVELOPE}, {"token": BOUND, "envelope": ENVELOPE}]
    client = connect(seen, dpop_key=DPOP_KEY)
    request = send(client, seen, lambda client, _: client.rewrap_batch(items), BOUND)
    expect_proof(request, "/envelope/rewrap/batch", BOUND)


def test_a_batch_of_other_tokens_goes_without_a_proof(connect: Connect, seen: Recorder) -> None:
    items = [{"token": shown, "envelope": ENVELOPE} for shown in (FREE, BOUND_TO_ANOTHER, CERTIFIED)]
    client = connect(seen, dpop_key=DPOP_KEY)
    request = send(client, seen, lambda client, _: client.decrypt_batch(items), "")
    assert request.headers.keys().isdisjoint({"dpop", "authorization"})


@pytest.mark.parametrize("tokens", [[FREE, BOUND], [FREE, None], [None, BOUND]])
def test_a_batch_with_tokens_for_the_header_takes_one_for_all(
    connect: Connect, seen: Recorder, tokens: list[str | None]
) -> None:
    shown = [{} if text is None else {"token": text} for text in tokens]
    client = connect(seen, dpop_key=DPOP_KEY)
    with pytest.raises(ValueError, match="same token"):
        client.encrypt_batch([{"plaintext": "x", **KEY, **member} for member in shown])
    with pytest.raises(ValueError, match="same token"):
        client.create_data_key_batch([{**KEY, **member} for member in shown])
    assert seen.requests == []


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.issue_token(subject="s", audience="a", **KEY),
        lambda client: client.encrypt("x", **KEY),
        lambda client: client.encrypt_batch([]),
        lambda client: client.rewrap(ENVELOPE),
        lambda client: client.fetch_jwks(),
        lambda client: client.rotate(),
        lambda client: client.revoke(jti="x"),
        lambda client: client.introspect(BOUND),
    ],
)
def test_a_request_that_shows_no_token_has_no_proof(
    connect: Connect, seen: Recorder, call: Callable[[Any], Any]
) -> None:
    request = send(connect(seen, dpop_key=DPOP_KEY), seen, lambda client, _: call(client), "")
    assert request.headers.keys().isdisjoint({"dpop", "authorization"})


def test_tokens_are_bound_to_the_clients_key_unless_another_is_named(connect: Connect, kkp: FakeKkp) -> None:
    grant = {"subject": "s", "audience": "a", **KEY}
    client = connect(kkp, dpop_key=DPOP_KEY)
    client.issue_token(**grant)
    client.issue_token(**grant, cnf={"jkt": OTHER_KEY.thumbprint})
    client.issue_token(**grant, cnf={"x5t#S256": "A" * 43})
    client.issue_token(**grant, cnf={})
    connect(kkp).issue_token(**grant)
    assert [body.get("cnf") for body in kkp.bodies] == [
        {"jkt": DPOP_KEY.thumbprint},
        {"jkt": OTHER_KEY.thumbprint},
        {"x5t#S256": "A" * 43},
        {},
        None,
    ]


def test_each_request_has_a_proof_of_its_own(connect: Connect, seen: Recorder) -> None:
    client = connect(seen, dpop_key=DPOP_KEY)
    for _ in range(3):
        with pytest.raises(kkp.PolicyDenied):
            client.decrypt(BOUND, ENVELOPE)
    proofs = [read_proof(request.headers["DPoP"])[1]["jti"] for request in seen.requests]
    assert len(set(proofs)) == 3


def test_a_proof_is_made_after_the_credential_was_asked_for(connect: Connect, seen: Recorder) -> None:
    now = [NOW]

    def credential() -> str:
        now[0] += 90
        return "caller"

    key = DpopKey(private_key(9), clock=lambda: now[0])
    with pytest.raises(kkp.PolicyDenied):
        connect(seen, dpop_key=key, credentials=credential).decrypt(BOUND, ENVELOPE)
    assert read_proof(seen.requests[0].headers["DPoP"])[1]["iat"] == NOW + 90


def test_a_data_key_opener_proves(seen: Recorder) -> None:
    client = Client(BASE, http_client=httpx.Client(transport=httpx.MockTransport(seen)), dpop_key=DPOP_KEY)
    envelope: Any = ENVELOPE
    with pytest.raises(kkp.PolicyDenied):
        client.data_key_opener(BOUND)(envelope)
    expect_proof(seen.requests[0], "/envelope/decrypt", BOUND)


def test_a_proof_that_kkp_refuses_is_an_error_of_its_own(connect: Connect, kkp: FakeKkp) -> None:
    kkp.replies["/envelope/decrypt"] = lambda request: httpx.Response(
        401, json=problem(401, "invalid_dpop_proof")
    )
    with pytest.raises(InvalidDpopProof):
        connect(kkp, dpop_key=DPOP_KEY).decrypt(BOUND, ENVELOPE)
    assert len(kkp.requests) == 1


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_an_http_client_with_a_proof_of_its_own_is_refused(make: Callable[..., object]) -> None:
    http: Any = httpx.Client(headers={"dpop": "a.b.c"})
    with pytest.raises(ValueError, match="no proof"):
        make(BASE, http_client=http, dpop_key=DPOP_KEY)


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize("key", [private_key(), "key", DPOP_KEY.thumbprint, {"jkt": "x"}])
def test_what_is_no_proof_key_is_refused(make: Callable[..., object], key: Any) -> None:
    with pytest.raises(TypeError, match="DpopKey"):
        make(BASE, dpop_key=key)
