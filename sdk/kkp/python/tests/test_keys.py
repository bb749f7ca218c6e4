from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tokens import b64, jwk, jwks, private_key

from kkp import KeySetError, import_jwks

# The 14 encodings under which one signature can verify any message: eight canonical, six not.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


def test_small_order_list_is_what_the_library_would_accept() -> None:
    assert len(set(SMALL_ORDER)) == 14
    identity_signature = bytes.fromhex(SMALL_ORDER[0]) + bytes(32)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(SMALL_ORDER[0])).verify(identity_signature, b"anything")


@pytest.mark.parametrize("encoding", SMALL_ORDER)
def test_refuses_every_small_order_key(encoding: str) -> None:
    with pytest.raises(KeySetError, match=r"small order|canonical"):
        import_jwks(jwks(jwk(x=b64(bytes.fromhex(encoding)))))


@pytest.mark.parametrize("y", [2**255 - 19 + 2, 2**255 - 19 + 18])
@pytest.mark.parametrize("sign_bit", [0, 2**255])
def test_refuses_y_of_the_field_prime_or_more(y: int, sign_bit: int) -> None:
    with pytest.raises(KeySetError, match="canonical"):
        import_jwks(jwks(jwk(x=b64((y + sign_bit).to_bytes(32, "little")))))


@pytest.mark.parametrize(
    "changes",
    [
        {"d": b64(bytes(32))},
        {"d": ""},
        {"alg": "ES256"},
        {"alg": "none"},
        {"alg": 1},
        {"alg": ["EdDSA"]},
        {"kid": None},
        {"kid": ""},
        {"kid": "a" * 65},
        {"kid": "a b"},
        {"kid": "key-1\n"},
        {"kid": 7},
        {"x": None},
        {"x": ""},
        {"x": 5},
        {"x": b64(bytes([9] * 31))},
        {"x": b64(bytes([9] * 33))},
        {"x": b64(bytes([9] * 32)) + "="},
        {"x": b64(bytes([9] * 32))[:-1] + "l"},
    ],
)
def test_refuses_the_whole_set_for_one_bad_key(changes: dict[str, Any]) -> None:
    bad = jwk(kid="bad", seed=2)
    bad.update({name: value for name, value in changes.items() if value is not None})
    for name in [name for name, value in changes.items() if value is None]:
        del bad[name]
    with pytest.raises(KeySetError, match=r"^keys\[1\]: "):
        import_jwks(jwks(jwk(), bad))


def test_refuses_one_kid_for_two_keys() -> None:
    with pytest.raises(KeySetError, match="twice"):
        import_jwks(jwks(jwk(), jwk(seed=2)))


@pytest.mark.parametrize(
    "document", [{}, {"keys": None}, {"keys": {}}, {"keys": [1]}, {"keys": ["x"]}, [], None]
)
def test_refuses_what_is_not_a_jwk_set(document: Any) -> None:
    with pytest.raises(KeySetError):
        import_jwks(document)


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "RSA"},
        {"kty": None},
        {"crv": "X25519"},
        {"crv": "Ed448"},
        {"crv": None},
        {"use": "enc"},
        {"use": ["sig"]},
    ],
)
def test_passes_over_keys_for_other_purposes(changes: dict[str, Any]) -> None:
    assert list(import_jwks(jwks(jwk(), jwk(kid="other", **changes)))) == ["key-1"]


@pytest.mark.parametrize("changes", [{"alg": None}, {"alg": "Ed25519"}, {"use": None}, {"x5t": "ignored"}])
def test_takes_keys_with_optional_members(changes: dict[str, Any]) -> None:
    key = import_jwks(jwks(jwk(**changes)))["key-1"]
    assert key.verifies(private_key().sign(b"m"), b"m")


def test_a_key_verifies_its_own_signatures_only() -> None:
    key = import_jwks(jwks())["key-1"]
    signature = private_key().sign(b"message")
    assert key.verifies(signature, b"message")
    assert not key.verifies(signature, b"messagf")
    assert not key.verifies(private_key(2).sign(b"message"), b"message")
    for bad in (b"", signature[:63], signature + b"\0", bytes(64)):
        assert not key.verifies(bad, b"message")


def test_repr_names_the_kids_and_no_key_material() -> None:
    assert repr(import_jwks(jwks(jwk(), jwk(kid="b", seed=2)))) == "ImportedKeys(['key-1', 'b'])"
