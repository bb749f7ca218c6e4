import copy
import pickle
import ssl
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fake_kkp import problem

import kkp

Connect = Callable[..., Any]
KEY = {"backend": "aws", "key_id": "alias/orders"}


def answer(status: int, **response: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, **response)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "invalid_request", kkp.InvalidRequest),
        (413, "invalid_request", kkp.InvalidRequest),
        (415, "invalid_request", kkp.InvalidRequest),
        (400, "envelope_error", kkp.EnvelopeError),
        (400, "kms_error", kkp.KmsError),
        (503, "kms_error", kkp.KmsError),
        (401, "unauthenticated", kkp.Unauthenticated),
        (401, "invalid_token", kkp.InvalidToken),
        (401, "invalid_dpop_proof", kkp.InvalidDpopProof),
        (403, "policy_denied", kkp.PolicyDenied),
        (404, "not_found", kkp.NotFound),
        (405, "method_not_allowed", kkp.MethodNotAllowed),
        (429, "rate_limited", kkp.RateLimited),
        (500, "internal_error", kkp.InternalError),
        (418, "teapot", kkp.KkpApiError),
    ],
)
def test_each_error_code_has_its_class(connect: Connect, status: int, code: str, error: type) -> None:
    with pytest.raises(kkp.KkpApiError) as caught:
        connect(answer(status, json=problem(status, code, "Not so."))).rotate()
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.code, caught.value.message) == (status, code, "Not so.")
    assert (caught.value.instance, caught.value.retry_after) == ("urn:uuid:1", None)
    assert str(caught.value) == f"{code} ({status}): Not so."


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("9" * 5000, None),
        ("\u00b2", None),
    ],
)
def test_retry_after_is_whole_seconds_or_nothing(connect: Connect, header: str, seconds: int | None) -> None:
    headers = {"Retry-After": header.encode("latin-1")}
    with pytest.raises(kkp.RateLimited) as caught:
        connect(answer(429, json=problem(429, "rate_limited"), headers=headers)).rotate()
    assert caught.value.retry_after == seconds


def test_an_error_without_instance_is_still_typed(connect: Connect) -> None:
    with pytest.raises(kkp.PolicyDenied) as caught:
        connect(answer(403, json={"error": "policy_denied", "message": "No.", "instance": 5})).rotate()
    assert caught.value.instance is None


def test_a_long_message_is_cut(connect: Connect) -> None:
    with pytest.raises(kkp.PolicyDenied) as caught:
        connect(answer(403, json=problem(403, "policy_denied", "x" * 100_000))).rotate()
    assert len(caught.value.message) == 500


@pytest.mark.parametrize(
    ("status", "response"),
    [
        (502, {"text": "<html>Bad Gateway</html>"}),
        (500, {"content": b""}),
        (500, {"content": b"\xff"}),
        (400, {"json": []}),
        (400, {"json": {"error": "invalid_request"}}),
        (400, {"json": {"message": "No."}}),
        (400, {"json": {"error": 5, "message": "No."}}),
        (400, {"json": {"error": "invalid_request", "message": None}}),
        (400, {"content": b'{"error":"policy_denied","error":"not_found","message":"No."}'}),
        (302, {"headers": {"Location": "https://evil.example/"}}),
        (307, {"headers": {"Location": "/keys/rotate"}}),
        (304, {}),
        (200, {"json": {"kid": "key-2", "expires_at": 1}}),
        (204, {}),
        (202, {"json": problem(202, "policy_denied")}),
    ],
)
def test_an_answer_that_is_not_kkps_is_a_protocol_error(
    connect: Connect, status: int, response: dict[str, Any]
) -> None:
    with pytest.raises(kkp.KkpProtocolError, match="neither a result nor an error of KKP") as caught:
        connect(answer(status, **response)).rotate()
    assert caught.value.status == status
    assert str(status) in str(caught.value)


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (httpx.ConnectTimeout("slow"), kkp.KkpTimeoutError),
        (httpx.ReadTimeout("slow"), kkp.KkpTimeoutError),
        (httpx.WriteTimeout("slow"), kkp.KkpTimeoutError),
        (httpx.PoolTimeout("slow"), kkp.KkpTimeoutError),
        (httpx.ConnectError("refused"), kkp.KkpConnectionError),
        (httpx.ReadError("reset"), kkp.KkpConnectionError),
        (httpx.RemoteProtocolError("gone"), kkp.KkpConnectionError),
        (httpx.ProxyError("proxy"), kkp.KkpConnectionError),
        (ssl.SSLError("certificate required"), kkp.KkpConnectionError),
    ],
)
def test_network_failures_are_typed(connect: Connect, raised: Exception, error: type[Exception]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(error, match=r"No answer from https://kkp\.example/base/keys/rotate") as caught:
        connect(fail).rotate()
    assert caught.value.__cause__ is raised


CANARY = "canary-7f3a"


def failures() -> list[Callable[[httpx.Request], httpx.Response]]:
    def timeout(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    return [
        timeout,
        answer(403, json=problem(403, "policy_denied")),
        answer(200, content=b'{"plaintext":"' + CANARY.encode() + b'"'),
        answer(200, content=CANARY.encode() + b"\xff"),
        answer(200, json={"plaintext": CANARY}),
        answer(200, json={"token": CANARY, "kid": 5}),
        answer(502, content=CANARY.encode()),
    ]


@pytest.mark.parametrize("handler", failures())
def test_no_error_shows_a_token_or_a_plaintext(connect: Connect, handler: Any) -> None:
    client = connect(handler)
    calls: list[Callable[[], Any]] = [
        lambda: client.encrypt(CANARY, **KEY),
        lambda: client.decrypt(CANARY, {"ciphertext": CANARY}),
        lambda: client.issue_token(subject="s", audience="a", **KEY),
    ]
    for call in calls:
        with pytest.raises(kkp.KkpError) as caught:
            call()
        shown = [str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)]
        assert CANARY not in "".join(shown)


@pytest.mark.parametrize(
    "arguments", [{"plaintext": CANARY + "\ud800"}, {"plaintext": "x", "policy_context": {1, CANARY}}]
)
def test_no_argument_error_shows_the_argument(connect: Connect, arguments: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        connect(answer(200)).encrypt(**KEY, **arguments)
    assert CANARY not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        kkp.PolicyDenied(403, "policy_denied", "No.", "urn:uuid:1", 5),
        kkp.KkpProtocolError("Bad.", 502),
        kkp.KkpProtocolError("Bad."),
        kkp.KkpTimeoutError("Slow."),
        kkp.KeySetError("Bad key."),
        kkp.RevocationsError("expired"),
        kkp.RevocationsUnavailableError("No list."),
        kkp.TokenVerificationError("revoked"),
    ],
)
def test_errors_survive_copy_and_pickle(error: Exception) -> None:
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert type(twin) is type(error)
        assert (vars(twin), str(twin)) == (vars(error), str(error))
