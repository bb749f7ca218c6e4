"""A KKP in one function: the routes of the wire for `httpx.MockTransport`, strict about request members."""

import json
from collections.abc import Callable
from typing import Any, get_args
from urllib.parse import parse_qsl

import httpx
from proofs import read_proof, sha256, thumbprint, unb64
from tokens import CLAIMS, HEADER, KID, b64, jwk, jwks, revocation_list, sign

from kkp import SubjectTokenType
from kkp._types import ACCESS_TOKEN

Reply = tuple[int, dict[str, Any]]


def problem(status: int, code: str, message: str = "No.", **changes: object) -> dict[str, Any]:
    members = {
        "type": f"urn:kkp:error:{code}",
        "title": code,
        "status": status,
        "detail": message,
        "instance": "urn:uuid:1",
        "error": code,
        "message": message,
    }
    return {**members, **changes}


# Members of a request for a token, and the claims that they become.
OPTIONAL = {"ops": "ops", "not_before": "nbf", "cnf": "cnf"}


class FakeKkp:
    """Keeps the requests it saw; `replies` overrides the answer of a path."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.requests: list[httpx.Request] = []
        self.replies: dict[str, Callable[[httpx.Request], httpx.Response]] = {}
        self._plaintexts: dict[str, bytes] = {}
        self._rules: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path in self.replies:
            return self.replies[request.url.path](request)
        routes = {
            ("POST", "/token"): self._token,
            ("POST", "/oauth/token"): self._oauth_token,
            ("POST", "/oauth/revoke"): self._oauth_revoke,
            ("POST", "/envelope/encrypt"): self._encrypt,
            ("POST", "/envelope/decrypt"): self._decrypt,
            ("POST", "/envelope/rewrap"): self._rewrap,
            ("POST", "/datakey"): self._data_key,
            ("POST", "/envelope/encrypt/batch"): lambda body: _batch(body, self._encrypt),
            ("POST", "/envelope/decrypt/batch"): lambda body: _batch(body, self._decrypt),
            ("POST", "/envelope/rewrap/batch"): lambda body: _batch(body, self._rewrap),
            ("POST", "/datakey/batch"): lambda body: _batch(body, self._data_key),
            ("GET", "/keys/jwks"): self._jwks,
            ("POST", "/keys/rotate"): self._rotate,
            ("POST", "/revoke"): self._revoke,
            ("POST", "/introspect"): self._introspect,
        }
        route = routes.get((request.method, request.url.path))
        if request.url.path == "/.well-known/kkp-revocations":
            text = revocation_list(*self._rules, iat=self.now, exp=self.now + 60)
            return httpx.Response(200, text=text, headers={"Cache-Control": "public, max-age=0"})
        body = read_body(request)
        if "DPoP" in request.headers and request.url.path == "/oauth/token":
            body["cnf"] = {"jkt": thumbprint(read_proof(request.headers["DPoP"])[0]["jwk"])}
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme == "DPoP":
            _, proof = read_proof(request.headers["DPoP"])
            assert (proof["htu"], proof["ath"]) == (str(request.url), sha256(shown))
            body["token"] = shown
        status, answer = route(body) if route else (404, problem(404, "not_found"))
        if request.url.path == "/oauth/revoke":
            return httpx.Response(status)
        return httpx.Response(status, json=answer, headers={"Cache-Control": "public, max-age=300"})

    @property
    def bodies(self) -> list[Any]:
        return [read_body(request) for request in self.requests]

    def _token(self, body: dict[str, Any]) -> Reply:
        required = {"subject", "audience", "backend", "key_id"}
        _check(body, required, {"ttl_seconds", "policy_claims", "request_context", *OPTIONAL})
        expires_at = self.now + body.get("ttl_seconds", 300)
        claims = {
            **CLAIMS,
            "sub": body["subject"],
            "aud": body["audience"],
            "backend": body["backend"],
            "key_id": body["key_id"],
            "policy_claims": body.get("policy_claims", {}),
            "iat": self.now,
            "exp": expires_at,
            **{claim: body[name] for name, claim in OPTIONAL.items() if body.get(name)},
        }
        return 200, {"token": sign(HEADER, claims), "expires_at": expires_at, "kid": KID}

    def _oauth_token(self, body: dict[str, Any]) -> Reply:
        """Of a token in exchange, what is not asked for stays as it is."""
        subject: dict[str, Any] = {}
        if body["grant_type"] != "client_credentials":
            assert body["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
            assert body["subject_token_type"] in get_args(SubjectTokenType)
            if body["subject_token"].count(".") != 2:
                return 400, {"error": "invalid_grant", "error_description": "Not good."}
            subject = json.loads(unb64(body["subject_token"].split(".")[1]))
        detail: dict[str, Any] = {name: subject[name] for name in ("backend", "key_id") if subject}
        if "authorization_details" in body:
            (asked,) = json.loads(body["authorization_details"])
            assert asked.pop("type") == "kkp_key"
            detail.update(asked)
        claims = {
            **CLAIMS,
            "policy_claims": {},
            **detail,
            "sub": subject.get("sub", "svc-billing"),
            "aud": body.get("audience", subject.get("aud")),
            "iat": self.now,
            "exp": self.now + int(body.get("ttl_seconds", 300)),
            **({"ops": body["scope"].split(" ")} if "scope" in body else {}),
            **({"cnf": body["cnf"]} if "cnf" in body else {}),
            **({"act": {"sub": "svc-gateway"}} if subject else {}),
        }
        return 200, {
            "access_token": sign(HEADER, claims),
            "token_type": "DPoP" if "cnf" in body else "Bearer",
            "expires_in": claims["exp"] - self.now,
            "authorization_details": [{"type": "kkp_key", **detail}],
            **({"scope": body["scope"]} if "scope" in body else {}),
            **({"issued_token_type": ACCESS_TOKEN} if subject else {}),
        }

    def _oauth_revoke(self, body: dict[str, Any]) -> Reply:
        _check(body, {"token"}, set())
        self._rules.append({"jti": CLAIMS["jti"], "expires_at": self.now + 960})
        return 200, {}

    def _encrypt(self, body: dict[str, Any]) -> Reply:
        optional = {"plaintext", "plaintext_base64", "associated_data", "policy_context"}
        _check(body, {"backend", "key_id"}, optional)
        assert ("plaintext" in body) != ("plaintext_base64" in body)
        plaintext = body["plaintext"].encode() if "plaintext" in body else unb64(body["plaintext_base64"])
        nonce = b64(len(self._plaintexts).to_bytes(12, "big"))
        self._plaintexts[nonce] = plaintext
        envelope = {
            "backend": body["backend"],
            "key_id": body["key_id"],
            "ciphertext": b64(bytes(len(plaintext) + 16)),
            "nonce": nonce,
            "encrypted_data_key": b64(b"\1opaque"),
        }
        if "associated_data" in body:
            envelope["associated_data"] = body["associated_data"]
        return 200, {"envelope": envelope}

    def _decrypt(self, body: dict[str, Any]) -> Reply:
        _check(body, {"token", "envelope"}, {"expected_audience", "context", "encoding"})
        plaintext = self._plaintexts[body["envelope"]["nonce"]]
        claims = json.loads(unb64(body["token"].split(".")[1]))
        if body.get("encoding") == "base64":
            return 200, {"plaintext_base64": b64(plaintext), "claims": claims}
        return 200, {"plaintext": plaintext.decode(), "claims": claims}

    def _rewrap(self, body: dict[str, Any]) -> Reply:
        _check(body, {"envelope"}, {"token", "expected_audience", "backend", "key_id", "context"})
        if body["envelope"]["nonce"] not in self._plaintexts:
            return 400, problem(400, "envelope_error")
        moved = {name: body[name] for name in ("backend", "key_id") if name in body}
        return 200, {"envelope": {**body["envelope"], **moved, "encrypted_data_key": b64(b"\1moved")}}

    def _data_key(self, body: dict[str, Any]) -> Reply:
        optional = {"bytes", "associated_data", "include_plaintext", "policy_context"}
        _check(body, {"backend", "key_id"}, optional)
        key = bytes([len(self._plaintexts) + 1]) * body.get("bytes", 32)
        kept = {name: body[name] for name in body.keys() & {"backend", "key_id", "associated_data"}}
        _, answer = self._encrypt({**kept, "plaintext_base64": b64(key)})
        shown = {"plaintext_base64": b64(key)} if body.get("include_plaintext", True) else {}
        return 200, {**answer, **shown}

    def _jwks(self, body: dict[str, Any]) -> Reply:
        return 200, jwks(jwk(), jwk(kid="key-2", seed=2))

    def _rotate(self, body: dict[str, Any]) -> Reply:
        return 201, {"kid": "key-2", "expires_at": self.now + 1800}

    def _revoke(self, body: dict[str, Any]) -> Reply:
        rule = {**body, **({"issued_until": self.now} if body.keys() & {"subject", "key_id"} else {})}
        expires_at = self.now + 960
        self._rules.append({**rule, "expires_at": expires_at})
        return 200, {"rule": rule, "expires_at": expires_at}

    def _introspect(self, body: dict[str, Any]) -> Reply:
        _check(body, {"token"}, set())
        claims = json.loads(unb64(body["token"].split(".")[1]))
        is_revoked = any(rule.get("jti") == claims["jti"] for rule in self._rules)
        return 200, {"active": False} if is_revoked else {"active": True, **claims}


def read_body(request: httpx.Request) -> dict[str, Any]:
    """Read JSON, or a form in which no parameter is there twice or empty."""
    if request.headers.get("Content-Type") == "application/x-www-form-urlencoded":
        pairs = parse_qsl(request.content.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        form: dict[str, Any] = dict(pairs)
        assert len(form) == len(pairs)
        assert "" not in form.values()
        return form
    body: dict[str, Any] = json.loads(request.content) if request.content else {}
    return body


def _batch(body: dict[str, Any], route: Callable[[dict[str, Any]], Reply]) -> Reply:
    _check(body, {"items"}, set())
    results = []
    for item in body["items"]:
        status, answer = route(item)
        answer.pop("instance", None)
        results.append({"status": status, "body": answer})
    return 200, {"results": results}


def _check(body: dict[str, Any], required: set[str], optional: set[str]) -> None:
    assert body.keys() >= required
    assert body.keys() <= required | optional
