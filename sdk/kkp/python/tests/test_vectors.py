"""The verdicts on test/vectors/tokens.json, which the verifiers of the server and of both SDKs share."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from kkp import KeySetError, TokenVerificationError, import_jwks, verify_token

VECTORS = Path(__file__).parents[4] / "test" / "vectors" / "tokens.json"
LOW_ORDER = VECTORS.with_name("low-order.json")


# Read at collection: without the file no verdict would be tested, so the first test asks for it.
_vectors: dict[str, Any] = json.loads(VECTORS.read_text("utf-8")) if VECTORS.exists() else {}
SHARED_KEYS: dict[str, Any] = _vectors.get("keys", {})
CASES: list[dict[str, Any]] = _vectors.get("cases", [])


def test_the_shared_vectors_are_there() -> None:
    assert VECTORS.exists(), f"{VECTORS} is missing"
    assert len(CASES) >= 200
    assert {case["verdict"] for case in CASES} == {"accept", "reject"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_verdict(case: dict[str, Any]) -> None:
    keys = case.get("keys", SHARED_KEYS)
    if case["verdict"] == "accept":
        assert verify_token(case["token"], keys, **case["options"]).to_dict() == case["claims"]
        return
    if case["reason"] == "bad_key":
        with pytest.raises(KeySetError):
            import_jwks(keys)
    with pytest.raises((TokenVerificationError, KeySetError)) as caught:
        verify_token(case["token"], keys, **case["options"])
    assert getattr(caught.value, "reason", "bad_key") == case["reason"]


def test_none_of_the_526_tokens_under_keys_of_small_order_is_accepted() -> None:
    cases = json.loads(LOW_ORDER.read_text("utf-8"))["cases"]
    accepted = []
    for case in cases:
        with contextlib.suppress(KeySetError):
            accepted.append(import_jwks(case["keys"]))
        with contextlib.suppress(KeySetError):
            accepted.append(verify_token(case["token"], case["keys"], **case["options"]))
    assert (len(cases), accepted) == (526, [])
