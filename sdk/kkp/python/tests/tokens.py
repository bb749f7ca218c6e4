"""Tokens and keys for the tests: fixed keys, good claims, and signing of whatever a test wants signed."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOW = 1_700_000_000
KID = "key-1"
HEADER = {"alg": "EdDSA", "typ": "JWT", "kid": KID}
CLAIMS: dict[str, Any] = {
    "sub": "billing",
    "aud": "orders",
    "backend": "aws",
    "key_id": "alias/orders",
    "policy_claims": {"environment": "prod"},
    "exp": NOW + 300,
    "iat": NOW,
    "jti": "3f2a7c1e-9b7d-4c55-8a10-5d7b1c9e0f42",
}


def private_key(seed: int = 1) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(kid: str = KID, seed: int = 1, **changes: object) -> dict[str, Any]:
    x = b64(private_key(seed).public_key().public_bytes_raw())
    members = {"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x, "alg": "EdDSA", "use": "sig", **changes}
    return {name: value for name, value in members.items() if value is not None}


def jwks(*keys: dict[str, Any]) -> dict[str, Any]:
    return {"keys": list(keys) if keys else [jwk()]}


def sign(header: bytes | dict[str, Any], payload: bytes | dict[str, Any], seed: int = 1) -> str:
    """Sign any two byte strings; dictionaries are written as JSON first."""
    segments = [
        b64(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, payload)
    ]
    signing_input = ".".join(segments)
    return f"{signing_input}.{b64(private_key(seed).sign(signing_input.encode()))}"


def token(**changes: object) -> str:
    """Sign the good claims with changes; a claim changed to `...` is left out."""
    claims = {**CLAIMS, **changes}
    return sign(HEADER, {name: value for name, value in claims.items() if value is not ...})


def revocation_list(*rules: dict[str, Any], kid: str = KID, seed: int = 1, **changes: object) -> str:
    """Sign a list of 60 seconds with these rules."""
    header = {"alg": "EdDSA", "typ": "kkp-revocations+jwt", "kid": kid}
    return sign(header, {"iat": NOW, "exp": NOW + 60, "rules": list(rules), **changes}, seed)


def sign_with_identity(header: dict[str, Any], payload: dict[str, Any], seed: int = 1) -> str:
    """Sign with the neutral element for R, as no signer does by chance: S is k a (RFC 8032 section 5.1.6)."""
    signing_input = sign(header, payload).rpartition(".")[0]
    secret = bytearray(hashlib.sha512(bytes([seed]) * 32).digest()[:32])
    secret[0], secret[31] = secret[0] & 248, secret[31] & 127 | 64
    r, public = bytes([1, *[0] * 31]), private_key(seed).public_key().public_bytes_raw()
    k = int.from_bytes(hashlib.sha512(r + public + signing_input.encode()).digest(), "little")
    s = k * int.from_bytes(secret, "little") % (2**252 + 27742317777372353535851937790883648493)
    return f"{signing_input}.{b64(r + s.to_bytes(32, 'little'))}"


def token_with_payload_text(**raw: str) -> str:
    """Sign the good claims with some values spelled in JSON by the test."""
    texts = {**{name: json.dumps(value) for name, value in CLAIMS.items()}, **raw}
    return sign(HEADER, ("{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}").encode())
