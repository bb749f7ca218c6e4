"""Proof of possession: keys that tokens are bound to, and proofs of holding them (DPoP, RFC 9449)."""

import hashlib
import math
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from . import _base64url, _json

DpopAlgorithm: TypeAlias = Literal["ES256", "EdDSA"]

# RFC 9449 section 4.2 wants 96 bits.
_JTI_BYTES = 16
_COORDINATE_BYTES = 32
# What each type of key is made of, in the order of RFC 7638 section 3.3.
_THUMBPRINT_MEMBERS = {
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
}


class DpopKey:
    """A private key, Ed25519 or ECDSA on P-256, that tokens are bound to.

    A client with it gets tokens that are bound to it, and proves that it holds it whenever it shows one.
    `clock` gives Unix seconds, `random` as many random bytes as it is asked for.
    """

    def __init__(
        self,
        private_key: Ed25519PrivateKey | EllipticCurvePrivateKey,
        *,
        clock: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._private_key = private_key
        self._jwk = _public_jwk(private_key)
        self._clock = clock
        self._random = random

    @classmethod
    def generate(cls, algorithm: DpopAlgorithm = "ES256") -> "DpopKey":
        """Make a key that lives as long as this object: for a process that gets its own tokens."""
        if algorithm not in ("ES256", "EdDSA"):
            raise ValueError("algorithm must be ES256 or EdDSA")
        return cls(Ed25519PrivateKey.generate() if algorithm == "EdDSA" else generate_ec_key(SECP256R1()))

    @property
    def thumbprint(self) -> str:
        """SHA-256 of the public key as RFC 7638 has it: `cnf.jkt` of a token that is bound to it."""
        return jwk_thumbprint(self._jwk)

    def proof(self, method: str, url: str, token: str | None = None) -> str:
        """Return the proof for the header `DPoP` of one request to `url` that shows `token`, or asks for one.

        It is good once, and for a minute: make another for each request, also for one that is tried again.
        """
        is_ed25519 = isinstance(self._private_key, Ed25519PrivateKey)
        header = {"typ": "dpop+jwt", "alg": "EdDSA" if is_ed25519 else "ES256", "jwk": self._jwk}
        claims = {
            "jti": _base64url.encode(self._random(_JTI_BYTES)),
            "htm": method,
            "htu": str(httpx.URL(url).copy_with(query=None, fragment=None)),
            "iat": math.floor(self._clock()),
            **({} if token is None else {"ath": _sha256(_ascii(token))}),
        }
        signing_input = ".".join(_base64url.encode(_json.write_object(part)) for part in (header, claims))
        return f"{signing_input}.{_base64url.encode(self._sign(signing_input.encode('ascii')))}"

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self._private_key, Ed25519PrivateKey):
            return self._private_key.sign(data)
        # RFC 7518 section 3.4: both numbers side by side, not in DER.
        r, s = decode_dss_signature(self._private_key.sign(data, ECDSA(SHA256())))
        return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")


def jwk_thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the SHA-256 thumbprint of a public key (RFC 7638), as `cnf` of a token has it in `jkt`.

    For whoever gets tokens for others. Raises ValueError for what is no JWK of type EC, OKP or RSA.
    """
    key = {name: jwk.get(name) for name in _THUMBPRINT_MEMBERS.get(str(jwk.get("kty")), ())}
    if not key or not all(isinstance(value, str) and value for value in key.values()):
        raise ValueError("the JWK must be of type EC, OKP or RSA, with all its public members")
    return _sha256(_json.write_object(key))


def _public_jwk(private_key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> Mapping[str, str]:
    """Return the members that the key is made of, and no others."""
    if isinstance(private_key, Ed25519PrivateKey):
        x = _base64url.encode(private_key.public_key().public_bytes_raw())
        return {"crv": "Ed25519", "kty": "OKP", "x": x}
    if not isinstance(private_key, EllipticCurvePrivateKey):
        raise TypeError("a proof key must be an Ed25519PrivateKey or an EllipticCurvePrivateKey")
    if not isinstance(private_key.curve, SECP256R1):
        raise ValueError("an elliptic curve key for proofs must be on P-256")
    point = private_key.public_key().public_numbers()
    x, y = (_base64url.encode(number.to_bytes(_COORDINATE_BYTES, "big")) for number in (point.x, point.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _sha256(data: bytes) -> str:
    return _base64url.encode(hashlib.sha256(data).digest())


def _ascii(token: str) -> bytes:
    try:
        return token.encode("ascii")
    except UnicodeEncodeError:
        raise ValueError("a token has ASCII characters only") from None
