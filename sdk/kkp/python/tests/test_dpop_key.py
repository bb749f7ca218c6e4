import hashlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from proofs import read_proof, thumbprint, unb64
from tokens import NOW, b64, private_key, token

from kkp import DpopAlgorithm, DpopKey, jwk_thumbprint

URL = "https://kkp.example/base/envelope/decrypt"
TOKEN = token()
# RFC 8037 appendix A.1 and A.3: a key and its thumbprint.
RFC_8037_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
# RFC 9449 section 4.2 and 6.1: the key of its examples, without the private part, and the thumbprint.
RFC_9449_JWK = {
    "kty": "EC",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    "crv": "P-256",
}
RFC_9449_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def keys(**options: Any) -> list[DpopKey]:
    p256 = ec.derive_private_key(7, ec.SECP256R1())
    return [DpopKey(private_key(), **options), DpopKey(p256, **options)]


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
def test_a_proof_has_what_the_rfc_wants_and_no_more(algorithm: DpopAlgorithm) -> None:
    key = DpopKey.generate(algorithm)
    header, claims = read_proof(key.proof("POST", URL, TOKEN))
    assert header.keys() == {"typ", "alg", "jwk"}
    assert (header["typ"], header["alg"]) == ("dpop+jwt", algorithm)
    assert claims.keys() == {"jti", "htm", "htu", "iat", "ath"}
    assert (claims["htm"], claims["htu"]) == ("POST", URL)
    assert claims["ath"] == b64(hashlib.sha256(TOKEN.encode()).digest())
    assert thumbprint(header["jwk"]) == key.thumbprint


def test_a_proof_shows_the_public_key_alone() -> None:
    for key, members in zip(keys(), ({"crv", "kty", "x"}, {"crv", "kty", "x", "y"}), strict=True):
        header, _ = read_proof(key.proof("POST", URL, TOKEN))
        assert header["jwk"].keys() == members


@pytest.mark.parametrize("changed", [1, 2])
def test_a_proof_that_was_changed_does_not_verify(changed: int) -> None:
    for key in keys():
        parts = key.proof("POST", URL, TOKEN).split(".")
        parts[changed] = key.proof("GET", URL, "other").split(".")[changed]
        with pytest.raises(InvalidSignature):
            read_proof(".".join(parts))


def test_the_clock_gives_whole_seconds() -> None:
    for key in keys(clock=lambda: NOW + 0.999):
        _, claims = read_proof(key.proof("POST", URL, TOKEN))
        assert claims["iat"] == NOW
        assert type(claims["iat"]) is int


def test_the_clock_is_read_for_each_proof() -> None:
    times = iter([NOW, NOW + 61])
    key = DpopKey(private_key(), clock=lambda: next(times))
    assert [read_proof(key.proof("POST", URL, TOKEN))[1]["iat"] for _ in range(2)] == [NOW, NOW + 61]


def test_the_jti_is_128_random_bits() -> None:
    asked: list[int] = []

    def random(length: int) -> bytes:
        asked.append(length)
        return bytes([len(asked)]) * length

    key = DpopKey(private_key(), random=random)
    jtis = [read_proof(key.proof("POST", URL, TOKEN))[1]["jti"] for _ in range(2)]
    assert asked == [16, 16]
    assert [unb64(jti) for jti in jtis] == [b"\1" * 16, b"\2" * 16]


def test_no_two_proofs_have_one_jti() -> None:
    key = DpopKey.generate()
    assert len({read_proof(key.proof("POST", URL, TOKEN))[1]["jti"] for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("url", "htu"),
    [
        ("https://kkp.example/a?b=c", "https://kkp.example/a"),
        ("https://kkp.example/a#b", "https://kkp.example/a"),
        ("https://kkp.example/a?b#c", "https://kkp.example/a"),
        ("HTTPS://KKP.example:443/A", "https://kkp.example/A"),
        ("http://[::1]:8080/envelope/decrypt", "http://[::1]:8080/envelope/decrypt"),
        ("https://kkp.example/\u00e9", "https://kkp.example/%C3%A9"),
    ],
)
def test_htu_is_the_url_as_it_is_sent_without_query_and_fragment(url: str, htu: str) -> None:
    assert read_proof(DpopKey.generate().proof("POST", url, TOKEN))[1]["htu"] == htu


def test_the_thumbprint_is_that_of_the_rfcs() -> None:
    rfc_8037 = DpopKey(Ed25519PrivateKey.from_private_bytes(unb64(RFC_8037_D)))
    assert rfc_8037.thumbprint == RFC_8037_THUMBPRINT
    assert thumbprint(RFC_9449_JWK) == RFC_9449_THUMBPRINT
    es256 = keys()[1]
    assert es256.thumbprint == thumbprint(read_proof(es256.proof("POST", URL, TOKEN))[0]["jwk"])


@pytest.mark.parametrize("more", [{}, {"alg": "ES256", "use": "sig", "kid": "x"}, {"d": "AA"}])
def test_a_thumbprint_is_of_the_public_members_alone(more: dict[str, str]) -> None:
    assert jwk_thumbprint({**more, **RFC_9449_JWK}) == RFC_9449_THUMBPRINT
    # RFC 7638 section 3.1.
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi"
        "FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb"
        "9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls"
        "1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    rsa_key = {"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29", **more}
    assert jwk_thumbprint(rsa_key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize(
    "change",
    [
        {"kty": None},
        {"kty": "oct", "k": "AA"},
        {"kty": "ec"},
        {"kty": ["EC"]},
        {"x": None},
        {"y": ""},
        {"crv": 1},
    ],
)
def test_what_is_no_public_key_has_no_thumbprint(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="EC, OKP or RSA"):
        jwk_thumbprint({**RFC_9449_JWK, **change})


def test_coordinates_and_signatures_keep_their_leading_zeros() -> None:
    # The public key of this number has an x that begins with a zero byte.
    candidates = (ec.derive_private_key(number, ec.SECP256R1()) for number in range(1, 2000))
    key = DpopKey(next(key for key in candidates if key.public_key().public_numbers().x < 2**248))
    for _ in range(5000):
        header, _ = read_proof(proof := key.proof("POST", URL, TOKEN))
        assert len(unb64(header["jwk"]["x"])) == len(unb64(header["jwk"]["y"])) == 32
        signature = unb64(proof.split(".")[2])
        assert len(signature) == 64
        if 0 in (signature[0], signature[32]):
            return
    pytest.fail("of 5000 signatures, none begins with a zero byte")


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (ec.generate_private_key(ec.SECP384R1()), ValueError),
        (ec.generate_private_key(ec.SECP256K1()), ValueError),
        (rsa.generate_private_key(65537, 2048), TypeError),
        (X25519PrivateKey.generate(), TypeError),
        (private_key().public_key(), TypeError),
        (private_key().private_bytes_raw(), TypeError),
        (None, TypeError),
    ],
)
def test_another_key_is_refused(key: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="proof"):
        DpopKey(key)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "eddsa", "Ed25519", "", None])
def test_another_algorithm_is_refused(algorithm: Any) -> None:
    with pytest.raises(ValueError, match="ES256 or EdDSA"):
        DpopKey.generate(algorithm)


def test_a_token_that_is_not_ascii_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="ASCII") as caught:
        DpopKey.generate().proof("POST", URL, "SECRET-\u00e9")
    assert "SECRET" not in repr(caught.value) + repr(caught.value.__cause__)
    assert caught.value.__suppress_context__


def test_no_repr_shows_the_private_key() -> None:
    for key, secret in zip(keys(), (b"\1" * 32, (7).to_bytes(32, "big")), strict=True):
        shown = repr(key) + repr(vars(key))
        assert b64(secret) not in shown
        assert secret.hex() not in shown
        assert repr(secret) not in shown
