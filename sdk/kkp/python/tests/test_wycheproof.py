"""C2SP's Wycheproof, and flipped bits of KKP's own tokens, through the verifier of tokens."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from proofs import unb64
from tokens import NOW, b64, jwk, jwks, token

from kkp import TokenType, TokenVerificationError, import_jwks, verify_token

VECTORS = Path(__file__).parents[4] / "test" / "vectors"
FLIPS = 10_000


def read_cases(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((VECTORS / name).read_text("utf-8"))["cases"]
    return cases


def reason_of(text: str, keys: Any, typ: TokenType = "JWT") -> str:
    """Return why a token is refused, or "accepted"."""
    try:
        verify_token(text, keys, now=NOW, typ=typ)
    except TokenVerificationError as error:
        return error.reason
    return "accepted"


def test_151_of_151_ed25519_signatures_have_wycheproofs_verdict() -> None:
    verdicts = []
    for case in read_cases("wycheproof-ed25519.json"):
        key = import_jwks(jwks(jwk(x=b64(bytes.fromhex(case["key"])))))["key-1"]
        verdict = key.verifies(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
        verdicts.append((case["tcId"], "valid" if verdict else "invalid", case["result"]))
    assert [one for one in verdicts if one[1] != one[2]] == []
    assert Counter(result for _, _, result in verdicts) == {"valid": 88, "invalid": 63}


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_401_of_401_jws_are_refused_by_form_or_header_whatever_the_keys(typ: TokenType) -> None:
    reasons: Counter[str] = Counter()
    for case in read_cases("wycheproof-jws.json"):
        # Neither its own key, which is none for tokens, nor ours is looked up.
        key_sets = [{"keys": [case["key"]]}, jwks()]
        (reason,) = {reason_of(case["jws"], keys, typ) for keys in key_sets}
        reasons[reason] += 1
    assert reasons == {"unsupported_header": 346, "malformed": 55}


def test_10000_of_10000_flipped_bits_are_refused() -> None:
    keys, good, rng = import_jwks(jwks()), token(), random.Random(9)  # noqa: S311
    assert reason_of(good, keys) == "accepted"
    reasons: Counter[str] = Counter()
    for number in range(FLIPS):
        reasons[reason_of((flip_text if number % 2 else flip_bytes)(good, rng), keys)] += 1
    assert reasons.total() == FLIPS
    assert reasons.keys() == {"malformed", "unsupported_header", "unknown_key", "bad_signature"}


def flip_text(text: str, rng: random.Random) -> str:
    """Flip a bit of a character."""
    at = rng.randrange(len(text))
    return text[:at] + chr(ord(text[at]) ^ 1 << rng.randrange(8)) + text[at + 1 :]


def flip_bytes(text: str, rng: random.Random) -> str:
    """Flip a bit of what a segment says."""
    segments = text.split(".")
    which = rng.randrange(3)
    data = bytearray(unb64(segments[which]))
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    segments[which] = b64(bytes(data))
    return ".".join(segments)
