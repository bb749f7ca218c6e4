"""Public keys: from a JWK Set to Ed25519 keys that are safe to verify with."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import _base64url
from ._errors import KeySetError

KID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_P = 2**255 - 19
# y of a point of order 8; it, its negative, 0, 1 and -1 are the y of all eight small-order points.
_Y_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _Y_ORDER_8, _P - _Y_ORDER_8})


class VerificationKey:
    """One Ed25519 public key that passed `check_public_key`."""

    def __init__(self, raw: bytes) -> None:
        check_public_key(raw)
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            # No signer makes an R of small order by chance, and versions of OpenSSL differ on it.
            check_public_key(signature[:32])
            self._key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class ImportedKeys(Mapping[str, VerificationKey]):
    """The usable keys of a JWK Set by `kid`; made by `import_jwks`, immutable."""

    def __init__(self, keys: Mapping[str, VerificationKey]) -> None:
        self._keys = dict(keys)

    def __getitem__(self, kid: str) -> VerificationKey:
        return self._keys[kid]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"ImportedKeys({list(self._keys)!r})"


def import_jwks(jwks: Mapping[str, Any]) -> ImportedKeys:
    """Check a JWK Set and return its Ed25519 signing keys.

    Members of another `kty`, `crv` or `use` are not for KKP tokens and are passed over (RFC 7517 section 5).
    Raises KeySetError when the set or one of its Ed25519 keys is bad: then no key of it is to be trusted.
    """
    members = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(members, list):
        raise KeySetError("a JWK Set is an object whose member keys is an array")
    keys: dict[str, VerificationKey] = {}
    for position, jwk in enumerate(members):
        if not isinstance(jwk, Mapping):
            raise KeySetError(f"keys[{position}] is not an object")
        if (jwk.get("kty"), jwk.get("crv"), jwk.get("use", "sig")) != ("OKP", "Ed25519", "sig"):
            continue
        try:
            kid, key = _import_jwk(jwk)
        except ValueError as error:
            raise KeySetError(f"keys[{position}]: {error}") from None
        if kid in keys:
            raise KeySetError(f"keys[{position}]: kid is there twice")
        keys[kid] = key
    return ImportedKeys(keys)


def imported(keys: ImportedKeys | Mapping[str, Any]) -> ImportedKeys:
    """Return keys that a caller handed over in either form."""
    if isinstance(keys, ImportedKeys):
        return keys
    if isinstance(keys, Mapping):
        return import_jwks(keys)
    raise TypeError("keys must be a JWK Set, ImportedKeys or a remote key set")


def check_public_key(raw: bytes) -> None:
    """Raise ValueError unless `raw` is canonical (RFC 8032 section 5.1.3) and not of small order.

    Under a small-order key one fixed signature verifies for every message.
    """
    if len(raw) != 32:
        raise ValueError("an Ed25519 public key has 32 bytes")
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P:
        raise ValueError("the Ed25519 public key is not in canonical form")
    if y in _SMALL_ORDER_Y:
        raise ValueError("the Ed25519 public key is of small order")


def _import_jwk(jwk: Mapping[str, Any]) -> tuple[str, VerificationKey]:
    if "d" in jwk:
        raise ValueError("a private key (member d) has no place in a public key set")
    if jwk.get("alg", "EdDSA") not in ("EdDSA", "Ed25519"):
        raise ValueError("alg must be EdDSA or Ed25519")
    kid, x = jwk.get("kid"), jwk.get("x")
    if not isinstance(kid, str) or not KID.fullmatch(kid):
        raise ValueError("kid must be 1 to 64 characters of A-Z a-z 0-9 _ -")
    if not isinstance(x, str):
        raise ValueError("x must be a string")
    return kid, VerificationKey(_base64url.decode(x))
