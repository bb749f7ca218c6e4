"""Reads DPoP proofs (RFC 9449) without the SDK: what comes out was signed by the key inside."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from tokens import b64


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha256(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())


def read_proof(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a proof whose signature is good; raise InvalidSignature."""
    first, second, third = proof.split(".")
    header, claims, signature = json.loads(unb64(first)), json.loads(unb64(second)), unb64(third)
    jwk, data = header["jwk"], f"{first}.{second}".encode()
    if header["alg"] == "EdDSA":
        Ed25519PublicKey.from_public_bytes(unb64(jwk["x"])).verify(signature, data)
        return header, claims
    assert len(signature) == 64
    x, y, r, s = (
        int.from_bytes(number, "big")
        for number in (unb64(jwk["x"]), unb64(jwk["y"]), signature[:32], signature[32:])
    )
    key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    key.verify(encode_dss_signature(r, s), data, ECDSA(SHA256()))
    return header, claims


def thumbprint(jwk: dict[str, str]) -> str:
    return sha256(json.dumps(jwk, sort_keys=True, separators=(",", ":")))
